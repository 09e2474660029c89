// SPDX-License-Identifier: Apache-2.0
#include "dead_port.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <netinet/in.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace mdocker::test {

DeadPort::DeadPort(Way way) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto *const generic = reinterpret_cast<sockaddr *>(&address);
  bool dead = ::bind(fd_, generic, size) == 0 && ::getsockname(fd_, generic, &size) == 0;
  if (dead && way == Way::silent) {
    waiting_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    dead = ::listen(fd_, 0) == 0 && ::connect(waiting_, generic, size) == 0;
  }
  if (!dead) {
    const int error = errno;
    ::close(waiting_);
    ::close(fd_);
    throw std::system_error(error, std::generic_category(), "take a port");
  }
  port_ = ntohs(address.sin_port);
}

DeadPort::~DeadPort() {
  ::close(waiting_);
  ::close(fd_);
}

} // namespace mdocker::test
