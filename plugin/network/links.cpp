// SPDX-License-Identifier: Apache-2.0
#include "links.hpp"

#include "../error.hpp"
#include "transaction.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <random>
#include <system_error>

#include <linux/ethtool.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netlink/errno.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/veth.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace mdocker::network {
namespace {

template <auto Free> struct Freed {
  template <class T> void operator()(T *object) const noexcept { Free(object); }
};
using Socket = std::unique_ptr<nl_sock, Freed<nl_socket_free>>;
using Link = std::unique_ptr<rtnl_link, Freed<rtnl_link_put>>;
using RawAddress = std::unique_ptr<nl_addr, Freed<nl_addr_put>>;
using LinkAddress = std::unique_ptr<rtnl_addr, Freed<rtnl_addr_put>>;
using Route = std::unique_ptr<rtnl_route, Freed<rtnl_route_put>>;

template <class Pointer> Pointer present(Pointer pointer) {
  if (!pointer)
    throw std::bad_alloc();
  return pointer;
}

// A step that the kernel refused.
class Refused : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

void require(int code, const std::string &step) {
  if (code < 0)
    throw Refused(step + ": " + nl_geterror(code));
}

// In the namespace of the thread that calls; there it stays, whoever uses it later.
Socket connect() {
  Socket socket = present(Socket(nl_socket_alloc()));
  require(nl_connect(socket.get(), NETLINK_ROUTE), "connect to the kernel");
  return socket;
}

// Sockets inside of a guest's namespace.
struct Inside {
  explicit Inside(const GuestNamespace &guest) {
    guest.inside([this] {
      netlink = connect();
      // Any socket takes the requests about interfaces of its namespace.
      plain = Descriptor(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
      if (!plain.open())
        throw Refused("open a socket in the guest: " + std::generic_category().message(errno));
    });
  }
  Socket netlink;
  Descriptor plain;
};

Link get(nl_sock *socket, int index, const char *name) {
  rtnl_link *found = nullptr;
  const int code = rtnl_link_get_kernel(socket, index, name, &found);
  if (code == -NLE_NODEV || code == -NLE_OBJ_NOTFOUND)
    return nullptr;
  require(code, "look for interface " + std::string(name == nullptr ? "" : name));
  return Link(found);
}
Link get(nl_sock *socket, const std::string &name) {
  return get(socket, 0, name.c_str());
}

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

void bring_up(nl_sock *socket, rtnl_link *link) {
  if ((rtnl_link_get_flags(link) & IFF_UP) != 0)
    return;
  const Link change = present(Link(rtnl_link_alloc()));
  rtnl_link_set_flags(change.get(), IFF_UP);
  require(rtnl_link_change(socket, link, change.get(), 0), "bring the interface up");
}

void remove(nl_sock *socket, rtnl_link *link) {
  const int code = rtnl_link_delete(socket, link);
  if (code != -NLE_NODEV && code != -NLE_OBJ_NOTFOUND)
    require(code, "remove interface " + std::string(rtnl_link_get_name(link)));
}

void remove_pair(nl_sock *socket, const std::string &host) {
  const Link link = get(socket, host);
  if (link && rtnl_link_is_veth(link.get()) != 0)
    remove(socket, link.get());
}

RawAddress raw(const Address &address, unsigned prefix) {
  RawAddress out =
      present(RawAddress(nl_addr_build(address.family, address.bytes.data(), address.size())));
  nl_addr_set_prefixlen(out.get(), static_cast<int>(prefix));
  return out;
}

void compute_checksums(const Inside &inside, const std::string &name) {
  ethtool_value off{ETHTOOL_STXCSUM, 0};
  ifreq request{};
  name.copy(request.ifr_name, sizeof request.ifr_name - 1);
  request.ifr_data = reinterpret_cast<char *>(&off);
  if (::ioctl(inside.plain.get(), SIOCETHTOOL, &request) != 0)
    throw Refused("switch checksum offloading off: " + std::generic_category().message(errno));
}

void set_address(nl_sock *socket, rtnl_link *link, const Address &address) {
  const LinkAddress added = present(LinkAddress(rtnl_addr_alloc()));
  const RawAddress local = raw(address, address.prefix);
  rtnl_addr_set_ifindex(added.get(), rtnl_link_get_ifindex(link));
  require(rtnl_addr_set_local(added.get(), local.get()), "set the address");
  if (address.family == AF_INET6) // it is to be used at once
    rtnl_addr_set_flags(added.get(), IFA_F_NODAD);
  require(rtnl_addr_add(socket, added.get(), NLM_F_CREATE | NLM_F_EXCL), "set the address");
}

void set_gateway(nl_sock *socket, rtnl_link *link, const Address &gateway) {
  const Route route = present(Route(rtnl_route_alloc()));
  const RawAddress everywhere = raw({gateway.family, {}, 0}, 0);
  const RawAddress via = raw(gateway, gateway.size() * 8);
  rtnl_route_set_family(route.get(), static_cast<std::uint8_t>(gateway.family));
  rtnl_route_set_scope(route.get(), RT_SCOPE_UNIVERSE);
  rtnl_route_set_table(route.get(), RT_TABLE_MAIN);
  require(rtnl_route_set_dst(route.get(), everywhere.get()), "set the default route");
  rtnl_nexthop *hop = present(rtnl_route_nh_alloc());
  rtnl_route_nh_set_gateway(hop, via.get());
  rtnl_route_nh_set_ifindex(hop, rtnl_link_get_ifindex(link));
  rtnl_route_add_nexthop(route.get(), hop); // which owns it from here
  require(rtnl_route_add(socket, route.get(), NLM_F_CREATE | NLM_F_EXCL), "set the default route");
}

// The guest's end cannot be brought up here: the kernel does that before the ends know each other.
void make(nl_sock *socket, const GuestNamespace &guest, const WantedLink &wanted) {
  const Link host = present(Link(rtnl_link_veth_alloc()));
  rtnl_link_set_name(host.get(), wanted.host.c_str());
  rtnl_link_set_flags(host.get(), IFF_UP);
  const Link peer = present(Link(rtnl_link_veth_get_peer(host.get())));
  rtnl_link_set_name(peer.get(), wanted.name.c_str());
  rtnl_link_set_ns_fd(peer.get(), guest.fd());
  if (wanted.mac) {
    const RawAddress mac =
        present(RawAddress(nl_addr_build(AF_LLC, wanted.mac->data(), wanted.mac->size())));
    rtnl_link_set_addr(peer.get(), mac.get());
  }
  if (wanted.mtu != 0) {
    rtnl_link_set_mtu(host.get(), wanted.mtu);
    rtnl_link_set_mtu(peer.get(), wanted.mtu);
  }
  require(rtnl_link_add(socket, host.get(), NLM_F_CREATE | NLM_F_EXCL),
          "make the pair of interfaces");
}

// Whether the pair that is there stands as it is wanted; what can be mended in place is.
bool stands(nl_sock *socket, const Inside &inside, const WantedLink &wanted) {
  if (wanted.current.empty())
    return false;
  const Link there = get(inside.netlink.get(), wanted.name);
  const Link here = get(socket, wanted.current);
  if (!there || !here || !are_a_pair(here.get(), there.get()) || !has_mac(there.get(), wanted.mac))
    return false;
  if (wanted.whole_checksums)
    compute_checksums(inside, wanted.name);
  bring_up(socket, here.get());
  bring_up(inside.netlink.get(), there.get());
  return true;
}

// What earlier pairs have left, so that the name is free in the guest.
void clear(nl_sock *socket, const Inside &inside, const WantedLink &wanted) {
  for (const std::string &host : wanted.stale)
    remove_pair(socket, host);
  const Link there = get(inside.netlink.get(), wanted.name);
  if (!there)
    return;
  const Link here = get(socket, rtnl_link_get_link(there.get()), nullptr);
  if (!here || !are_a_pair(here.get(), there.get()) || !is_our_link(rtnl_link_get_name(here.get())))
    throw Refused("make the pair of interfaces: the guest has an interface of that name already");
  remove(socket, here.get()); // ours, and its port was taken away
}

void finish(const Inside &inside, const WantedLink &wanted) {
  nl_sock *const socket = inside.netlink.get();
  const Link there = get(socket, wanted.name);
  if (!there)
    throw Refused("bring the interface up: it is gone");
  if (wanted.whole_checksums)
    compute_checksums(inside, wanted.name);
  bring_up(socket, there.get());
  if (wanted.address)
    set_address(socket, there.get(), *wanted.address);
  if (wanted.gateway)
    set_gateway(socket, there.get(), *wanted.gateway);
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
      make(socket.get(), guest, *at);
      linked.made.push_back(at->host);
      finish(inside, *at);
    }
  } catch (const Refused &refused) {
    throw Error(Kind::network, nic_on_bridge(at->name, at->bridge) + ": " + refused.what())
        .in_phase("network");
  }
}

void unlink(const std::vector<std::string> &hosts) {
  std::string failure;
  try {
    const Socket socket = connect();
    for (const std::string &host : hosts) {
      try {
        remove_pair(socket.get(), host);
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
