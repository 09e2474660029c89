// SPDX-License-Identifier: Apache-2.0
#include "connection.hpp"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <stdexcept>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace load {
namespace {

constexpr std::size_t kReadBytes = std::size_t{64} * 1024;

Descriptor open_socket(int family, const sockaddr *address, socklen_t size,
                       const std::string &target) {
  Descriptor socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket.get() < 0)
    fail("socket");
  if (connect(socket.get(), address, size) != 0)
    fail(target.c_str());
  if (fcntl(socket.get(), F_SETFL, O_NONBLOCK) != 0)
    fail("fcntl");
  return socket;
}

Descriptor connect_unix(const std::string &path, const std::string &target) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path)
    throw std::invalid_argument(target + ": a path of 1 to 107 bytes was expected");
  std::memcpy(address.sun_path, path.data(), path.size());
  return open_socket(AF_UNIX, reinterpret_cast<const sockaddr *>(&address), sizeof address, target);
}

Descriptor connect_tcp(const std::string &host_port, const std::string &target) {
  const std::size_t colon = host_port.rfind(':');
  sockaddr_in address{};
  std::uint16_t port = 0;
  const char *end = host_port.data() + host_port.size();
  if (colon == std::string::npos ||
      std::from_chars(host_port.data() + colon + 1, end, port).ptr != end || port == 0 ||
      inet_pton(AF_INET, host_port.substr(0, colon).c_str(), &address.sin_addr) != 1)
    throw std::invalid_argument(target + ": expected tcp:ADDRESS:PORT");
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  Descriptor socket =
      open_socket(AF_INET, reinterpret_cast<const sockaddr *>(&address), sizeof address, target);
  const int on = 1;
  if (setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0)
    fail("setsockopt");
  return socket;
}

} // namespace

Descriptor connect_to(const std::string &target) {
  if (target.starts_with("unix:"))
    return connect_unix(target.substr(5), target);
  if (target.starts_with("tcp:"))
    return connect_tcp(target.substr(4), target);
  throw std::invalid_argument(target + ": expected unix:PATH or tcp:ADDRESS:PORT");
}

Connection::Connection(EventLoop &loop, const std::string &target, Done done)
    : loop_(loop), socket_(connect_to(target)), done_(std::move(done)) {
  loop_.add(socket_.get(), *this);
}

void Connection::send(std::string_view request) {
  out_ = request;
  waiting_ = true;
  write();
}

void Connection::write() {
  while (!out_.empty()) {
    const ssize_t sent = ::send(socket_.get(), out_.data(), out_.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EAGAIN)
      break;
    if (sent < 0 && errno != EINTR)
      fail("send");
    out_.remove_prefix(sent < 0 ? 0 : static_cast<std::size_t>(sent));
  }
  if (writing_ != !out_.empty()) {
    writing_ = !out_.empty();
    loop_.watch_writing(socket_.get(), *this, writing_);
  }
}

void Connection::ready(std::uint32_t events) {
  if ((events & EPOLLOUT) != 0)
    write();
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
    read();
}

void Connection::read() {
  const ssize_t size = recv(socket_.get(), response_.prepare(kReadBytes), kReadBytes, 0);
  if (size < 0 && (errno == EAGAIN || errno == EINTR))
    return;
  if (size < 0)
    fail("recv");
  if (size == 0)
    throw ProtocolError("the server closed the connection, expected an answer");
  response_.commit(static_cast<std::size_t>(size));
  if (!waiting_)
    throw ProtocolError("bytes without a request, expected none");
  if (!response_.complete())
    return;
  waiting_ = false;
  done_(*this, response_.status(), response_.body()); // which may send at once
  response_.next();
}

} // namespace load
