// SPDX-License-Identifier: Apache-2.0
#include "links.hpp"

#include "../error.hpp"
#include "../runtime/reached.hpp"
#include "netlink.hpp"
#include "transaction.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <random>
#include <system_error>

#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netlink/route/link/veth.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace mdocker::network {
namespace {

using namespace netlink;

// Sockets inside of a guest's namespace.
struct Inside {
  explicit Inside(const GuestNamespace &guest) : space(guest) {
    guest.inside([this] {
      socket = connect();
      // Any socket takes the requests about interfaces of its namespace.
      plain = Descriptor(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
      if (!plain.open())
        throw Refused("open a socket in the guest: " + std::generic_category().message(errno));
    });
  }
  const GuestNamespace &space;
  Socket socket;
  Descriptor plain;
};

// Whether the two are the ends of one pair.
bool are_a_pair(rtnl_link *here, rtnl_link *there) noexcept {
  return rtnl_link_is_veth(here) != 0 && rtnl_link_is_veth(there) != 0 &&
         rtnl_link_get_link(here) == rtnl_link_get_ifindex(there) &&
         rtnl_link_get_link(there) == rtnl_link_get_ifindex(here);
}

bool has_mac(rtnl_link *link, const std::optional<Mac> &mac) noexcept {
  if (!mac)
    return true;
  const nl_addr *address = rtnl_link_get_addr(link);
  return address != nullptr && nl_addr_get_len(address) == mac->size() &&
         std::memcmp(nl_addr_get_binary_addr(address), mac->data(), mac->size()) == 0;
}

void remove_pair(nl_sock *socket, const std::string &host) {
  const Link link = get(socket, host);
  if (link && rtnl_link_is_veth(link.get()) != 0)
    remove(socket, link.get());
}

void compute_checksums(const Inside &inside, const std::string &name) {
  ethtool_value off{ETHTOOL_STXCSUM, 0};
  ifreq request{};
  name.copy(request.ifr_name, sizeof request.ifr_name - 1);
  request.ifr_data = reinterpret_cast<char *>(&off);
  if (::ioctl(inside.plain.get(), SIOCETHTOOL, &request) != 0)
    throw Refused("switch checksum offloading off: " + std::generic_category().message(errno));
}

// In the namespace of the thread. errno says why not.
bool write_disable_ipv6(const std::string &link, std::string_view value) {
  const std::string path = "/proc/sys/net/ipv6/conf/" + link + "/disable_ipv6";
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return file.open() && ::write(file.get(), value.data(), value.size()) == 1;
}

// The host takes no part in the bridge: a data path in user space leaves what the guest sends to
// the kernel as well, which would answer for any address of this machine, also for a neighbour's.
constexpr unsigned kHostFlags = IFF_UP | IFF_NOARP;

// The guest's end cannot be brought up here: the kernel does that before the ends know each other.
void make(nl_sock *socket, const GuestNamespace &guest, const WantedLink &wanted) {
  const Link host = present(Link(rtnl_link_veth_alloc()));
  rtnl_link_set_name(host.get(), wanted.host.c_str());
  rtnl_link_set_flags(host.get(), kHostFlags);
  const Link peer = present(Link(rtnl_link_veth_get_peer(host.get())));
  rtnl_link_set_name(peer.get(), wanted.name.c_str());
  rtnl_link_set_ns_fd(peer.get(), guest.fd());
  const Mac &octets = wanted.mac ? *wanted.mac : wanted.usual_mac;
  const RawAddress mac = present(RawAddress(nl_addr_build(AF_LLC, octets.data(), octets.size())));
  rtnl_link_set_addr(peer.get(), mac.get());
  if (wanted.mtu != 0) {
    rtnl_link_set_mtu(host.get(), wanted.mtu);
    rtnl_link_set_mtu(peer.get(), wanted.mtu);
  }
  require(rtnl_link_add(socket, host.get(), NLM_F_CREATE | NLM_F_EXCL),
          "make the pair of interfaces");
  // Nor in IPv6. Where that cannot be said, the guest may reach the host at a link-local address.
  static_cast<void>(write_disable_ipv6(wanted.host, "1"));
}

// Engines switch IPv6 off where they have given no address of it themselves.
void allow_ipv6(const Inside &inside, const std::string &name) {
  inside.space.inside([&name] {
    if (!write_disable_ipv6(name, "0"))
      throw Refused("switch IPv6 on: " + std::generic_category().message(errno));
  });
}

// The guest's end, up and with what belongs to it.
void bring_up_inside(const Inside &inside, rtnl_link *link, const WantedLink &wanted) {
  nl_sock *const socket = inside.socket.get();
  if (wanted.whole_checksums)
    compute_checksums(inside, wanted.name);
  set_flags(socket, link, IFF_UP);
  if (wanted.address && wanted.address->family == AF_INET6)
    allow_ipv6(inside, wanted.name);
  if (wanted.address)
    set_address(socket, link, *wanted.address);
  if (wanted.gateway)
    set_gateway(socket, link, *wanted.gateway);
}

struct Pair {
  Link here, there;
};

// The current pair, where it is the one that is wanted.
std::optional<Pair> current_pair(nl_sock *socket, const Inside &inside, const WantedLink &wanted) {
  if (wanted.current.empty())
    return std::nullopt;
  Pair pair{get(socket, wanted.current), get(inside.socket.get(), wanted.name)};
  if (!pair.here || !pair.there || !are_a_pair(pair.here.get(), pair.there.get()) ||
      !has_mac(pair.there.get(), wanted.mac))
    return std::nullopt;
  return pair;
}

bool is_up(const Link &link, const WantedLink &wanted) noexcept {
  return (rtnl_link_get_flags(link.get()) & IFF_UP) != 0 &&
         (wanted.mtu == 0 || rtnl_link_get_mtu(link.get()) == wanted.mtu);
}

// Whether the pair that is there stands as it is wanted; what can be mended in place is.
bool stands(nl_sock *socket, const Inside &inside, const WantedLink &wanted) {
  const std::optional<Pair> pair = current_pair(socket, inside, wanted);
  if (!pair)
    return false;
  set_mtu(socket, pair->here.get(), wanted.mtu);
  set_mtu(inside.socket.get(), pair->there.get(), wanted.mtu);
  set_flags(socket, pair->here.get(), kHostFlags);
  bring_up_inside(inside, pair->there.get(), wanted);
  return true;
}

// What earlier pairs have left, so that the name is free in the guest.
void clear(nl_sock *socket, const Inside &inside, const WantedLink &wanted) {
  for (const std::string &host : wanted.stale)
    remove_pair(socket, host);
  const Link there = get(inside.socket.get(), wanted.name);
  if (!there)
    return;
  const Link here = get(socket, rtnl_link_get_link(there.get()), nullptr);
  if (!here || !are_a_pair(here.get(), there.get()) || !is_our_link(rtnl_link_get_name(here.get())))
    throw Refused("make the pair of interfaces: the guest has an interface of that name already");
  remove(socket, here.get()); // ours, and its port was taken away
}

void finish(const Inside &inside, const WantedLink &wanted) {
  const Link there = get(inside.socket.get(), wanted.name);
  if (!there)
    throw Refused("bring the interface up: it is gone");
  bring_up_inside(inside, there.get(), wanted);
}

constexpr std::string_view kPrefix = "md";
constexpr std::string_view kDigits = "abcdefghijklmnopqrstuvwxyz234567";
constexpr std::size_t kNameSize = IFNAMSIZ - 1;

} // namespace

void link(const GuestNamespace &guest, const std::vector<WantedLink> &wanted, Linked &linked) {
  linked.kept.assign(wanted.size(), false);
  const WantedLink *at = wanted.data();
  try {
    const Socket socket = connect();
    const Inside inside(guest);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      at = &wanted[i];
      linked.kept[i] = stands(socket.get(), inside, *at);
      if (linked.kept[i])
        continue;
      clear(socket.get(), inside, *at);
      runtime::reached(runtime::Step::link_due);
      make(socket.get(), guest, *at);
      runtime::reached(runtime::Step::link_made);
      linked.made.push_back(at->host);
      finish(inside, *at);
      runtime::reached(runtime::Step::link_up);
    }
  } catch (const Refused &refused) {
    throw Error(Kind::network, nic_on_bridge(at->name, at->bridge) + ": " + refused.what())
        .in_phase("network");
  }
}

bool stand(const GuestNamespace &guest, const std::vector<WantedLink> &wanted) {
  try {
    const Socket socket = connect();
    const Inside inside(guest);
    return std::all_of(wanted.begin(), wanted.end(), [&](const WantedLink &link) {
      const std::optional<Pair> pair = current_pair(socket.get(), inside, link);
      return pair && is_up(pair->here, link) && is_up(pair->there, link);
    });
  } catch (const Refused &refused) {
    throw Error(Kind::network, refused.what()).in_phase("network");
  }
}

void unlink(const std::vector<std::string> &hosts) {
  std::string failure;
  try {
    const Socket socket = connect();
    for (const std::string &host : hosts) {
      try {
        runtime::reached(runtime::Step::unlink_due);
        remove_pair(socket.get(), host);
        runtime::reached(runtime::Step::unlinked);
      } catch (const Refused &refused) {
        failure = refused.what();
      }
    }
  } catch (const Refused &refused) {
    failure = refused.what();
  }
  if (!failure.empty())
    throw Error(Kind::network, failure).in_phase("network");
}

std::string new_link_name() {
  std::random_device random;
  std::uniform_int_distribution<std::size_t> digit(0, kDigits.size() - 1);
  std::string name(kPrefix);
  while (name.size() < kNameSize)
    name.push_back(kDigits[digit(random)]);
  return name;
}

bool is_our_link(std::string_view name) noexcept {
  return name.size() == kNameSize && name.substr(0, kPrefix.size()) == kPrefix &&
         name.substr(kPrefix.size()).find_first_not_of(kDigits) == std::string_view::npos;
}

} // namespace mdocker::network
