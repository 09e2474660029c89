// SPDX-License-Identifier: Apache-2.0
#include "netlink.hpp"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/errno.h>
#include <netlink/route/addr.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>
#include <sys/socket.h>

namespace mdocker::network::netlink {
namespace {

using LinkAddress = std::unique_ptr<rtnl_addr, Freed<rtnl_addr_put>>;
using Route = std::unique_ptr<rtnl_route, Freed<rtnl_route_put>>;

RawAddress raw(const Address &address, unsigned prefix) {
  RawAddress out =
      present(RawAddress(nl_addr_build(address.family, address.bytes.data(), address.size())));
  nl_addr_set_prefixlen(out.get(), static_cast<int>(prefix));
  return out;
}

// Whether what was to be added is there. One that was there before is none that failed.
void require_there(int code, const std::string &step) {
  if (code != -NLE_EXIST)
    require(code, step);
}

} // namespace

void require(int code, const std::string &step) {
  if (code < 0)
    throw Refused(step + ": " + nl_geterror(code));
}

Socket connect() {
  Socket socket = present(Socket(nl_socket_alloc()));
  require(nl_connect(socket.get(), NETLINK_ROUTE), "connect to the kernel");
  return socket;
}

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

void set_flags(nl_sock *socket, rtnl_link *link, unsigned flags) {
  if ((rtnl_link_get_flags(link) & flags) == flags)
    return;
  const Link change = present(Link(rtnl_link_alloc()));
  rtnl_link_set_flags(change.get(), flags);
  require(rtnl_link_change(socket, link, change.get(), 0), "bring the interface up");
}

void remove(nl_sock *socket, rtnl_link *link) {
  const int code = rtnl_link_delete(socket, link);
  if (code != -NLE_NODEV && code != -NLE_OBJ_NOTFOUND)
    require(code, "remove interface " + std::string(rtnl_link_get_name(link)));
}

void set_mtu(nl_sock *socket, rtnl_link *link, unsigned mtu) {
  if (mtu == 0 || rtnl_link_get_mtu(link) == mtu)
    return;
  const Link change = present(Link(rtnl_link_alloc()));
  rtnl_link_set_mtu(change.get(), mtu);
  require(rtnl_link_change(socket, link, change.get(), 0), "set the MTU");
}

void set_address(nl_sock *socket, rtnl_link *link, const Address &address) {
  const LinkAddress added = present(LinkAddress(rtnl_addr_alloc()));
  const RawAddress local = raw(address, address.prefix);
  rtnl_addr_set_ifindex(added.get(), rtnl_link_get_ifindex(link));
  require(rtnl_addr_set_local(added.get(), local.get()), "set the address");
  if (address.family == AF_INET6) // it is to be used at once
    rtnl_addr_set_flags(added.get(), IFA_F_NODAD);
  require_there(rtnl_addr_add(socket, added.get(), NLM_F_CREATE | NLM_F_EXCL), "set the address");
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
  require_there(rtnl_route_add(socket, route.get(), NLM_F_CREATE | NLM_F_EXCL),
                "set the default route");
}

} // namespace mdocker::network::netlink
