// SPDX-License-Identifier: Apache-2.0
//
// The kernel's links over netlink: what libnl leaves to do. Everything here blocks.
#pragma once

#include "checks.hpp"

#include <memory>
#include <new>
#include <stdexcept>

#include <netlink/addr.h>
#include <netlink/netlink.h>
#include <netlink/route/link.h>

namespace mdocker::network::netlink {

template <auto Free> struct Freed {
  template <class T> void operator()(T *object) const noexcept { Free(object); }
};
using Socket = std::unique_ptr<nl_sock, Freed<nl_socket_free>>;
using Link = std::unique_ptr<rtnl_link, Freed<rtnl_link_put>>;
using RawAddress = std::unique_ptr<nl_addr, Freed<nl_addr_put>>;

template <class Pointer> Pointer present(Pointer pointer) {
  if (!pointer)
    throw std::bad_alloc();
  return pointer;
}

/// A step that the kernel refused.
class Refused : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// Throws Refused where it is an error of libnl's.
void require(int code, const std::string &step);

/// In the namespace of the thread that calls; there it stays, whoever uses it later.
Socket connect();

/// Looks for an interface, by its index where that is not 0; null where there is none.
Link get(nl_sock *socket, int index, const char *name);
Link get(nl_sock *socket, const std::string &name);

/// What is so already is not asked for again. flags: IFF_UP and others. An MTU of 0 is none.
void set_flags(nl_sock *socket, rtnl_link *link, unsigned flags);
void set_mtu(nl_sock *socket, rtnl_link *link, unsigned mtu);
/// One that was there before is none that failed.
void set_address(nl_sock *socket, rtnl_link *link, const Address &address);
void set_gateway(nl_sock *socket, rtnl_link *link, const Address &gateway);

/// One that is gone is no error.
void remove(nl_sock *socket, rtnl_link *link);

} // namespace mdocker::network::netlink
