// SPDX-License-Identifier: Apache-2.0
#include "listener.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>

namespace mdocker::test {
namespace {

// The system lowers it to what it allows (net.core.somaxconn).
constexpr int kBacklog = 65535;

[[noreturn]] void fail(int fd, const std::string &what) {
  const int error = errno;
  ::close(fd);
  throw std::system_error(error, std::generic_category(), what);
}

void listen_at(int fd, const sockaddr *address, socklen_t size, const std::string &name) {
  if (fd < 0 || ::bind(fd, address, size) != 0 || ::listen(fd, kBacklog) != 0)
    fail(fd, "listen at " + name);
}

constexpr int kType = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;

} // namespace

Listener::Listener(const std::filesystem::path &unix_socket) : fd_(::socket(AF_UNIX, kType, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = unix_socket.string();
  if (name.size() >= sizeof address.sun_path)
    throw std::system_error(ENAMETOOLONG, std::generic_category(), name);
  std::memcpy(address.sun_path, name.data(), name.size());
  listen_at(fd_, reinterpret_cast<const sockaddr *>(&address), sizeof address, name);
}

Listener::Listener() : fd_(::socket(AF_INET, kType, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  listen_at(fd_, reinterpret_cast<const sockaddr *>(&address), sizeof address, "127.0.0.1");
  socklen_t size = sizeof address;
  if (::getsockname(fd_, reinterpret_cast<sockaddr *>(&address), &size) != 0)
    fail(fd_, "getsockname");
  port_ = ntohs(address.sin_port);
}

Listener::~Listener() {
  ::close(fd_);
}

int Listener::take() const {
  const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd >= 0 && tcp()) {
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  return fd;
}

} // namespace mdocker::test
