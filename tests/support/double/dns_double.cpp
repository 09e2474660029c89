// SPDX-License-Identifier: Apache-2.0
#include "dns_double.hpp"

#include "listener.hpp"
#include "loop.hpp"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <map>
#include <mutex>
#include <netinet/in.h>
#include <optional>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

namespace mdocker::test {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// -1 where somebody has the port.
int bind_udp(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const sockaddr_in address = loopback(port);
  if (fd >= 0 && ::bind(fd, reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0)
    return fd;
  const int error = errno;
  ::close(fd);
  if (fd < 0 || error != EADDRINUSE)
    throw std::system_error(error, std::generic_category(), "bind a UDP socket");
  return -1;
}

std::uint16_t u16_at(const std::string &bytes) {
  return static_cast<std::uint16_t>((static_cast<unsigned char>(bytes.at(0)) << 8U) |
                                    static_cast<unsigned char>(bytes.at(1)));
}

} // namespace

class DnsDouble::Impl {
public:
  explicit Impl(Script script) : script_(std::move(script)) {
    while (udp_ < 0) {
      listener_.emplace();
      udp_ = bind_udp(listener_->port());
    }
    loop_.add(udp_, EPOLLIN, [this](std::uint32_t) { on_datagram(); });
    loop_.add(listener_->fd(), EPOLLIN, [this](std::uint32_t) { on_connection(); });
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~Impl() {
    loop_.stop();
    thread_.join();
    ::close(udp_);
    for (const auto &[fd, connection] : connections_)
      ::close(fd);
  }
  Impl(const Impl &) = delete;
  Impl &operator=(const Impl &) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return listener_->port(); }
  [[nodiscard]] std::vector<DnsQuestion> questions() const {
    const std::lock_guard lock(mutex_);
    return questions_;
  }

private:
  struct Connection {
    std::uint64_t handle = 0;
    std::string read;
  };

  std::vector<std::string> ask(const DnsQuestion &question) {
    {
      const std::lock_guard lock(mutex_);
      questions_.push_back(question);
    }
    return script_(question);
  }

  void on_datagram() {
    std::array<char, 4096> bytes{};
    sockaddr_in from{};
    socklen_t size = sizeof from;
    const ssize_t got =
        ::recvfrom(udp_, bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr *>(&from), &size);
    if (got < 0)
      return;
    for (const std::string &reply : ask({std::string(bytes.data(), static_cast<std::size_t>(got))}))
      ::sendto(udp_, reply.data(), reply.size(), 0, reinterpret_cast<const sockaddr *>(&from),
               size);
  }

  void on_connection() {
    const int fd = listener_->take();
    if (fd < 0)
      return;
    connections_[fd].handle = loop_.add(fd, EPOLLIN, [this, fd](std::uint32_t) { on_stream(fd); });
  }

  void on_stream(int fd) {
    std::array<char, 4096> bytes{};
    const ssize_t got = ::recv(fd, bytes.data(), bytes.size(), 0);
    if (got < 0 && errno == EAGAIN)
      return;
    Connection &connection = connections_.at(fd);
    if (got <= 0) {
      const std::uint64_t handle = connection.handle;
      connections_.erase(fd);
      loop_.post([this, fd, handle] { // we are called from what remove() destroys
        loop_.remove(fd, handle);
        ::close(fd);
      });
      return;
    }
    connection.read.append(bytes.data(), static_cast<std::size_t>(got));
    while (connection.read.size() >= 2 && connection.read.size() - 2 >= u16_at(connection.read)) {
      const std::size_t length = u16_at(connection.read);
      const DnsQuestion question{connection.read.substr(2, length), true};
      connection.read.erase(0, 2 + length);
      for (const std::string &reply : ask(question)) {
        const std::string framed = dns_u16(static_cast<std::uint16_t>(reply.size())) + reply;
        ::send(fd, framed.data(), framed.size(), MSG_NOSIGNAL); // the socket's buffer holds it
      }
    }
  }

  Script script_;
  std::optional<Listener> listener_;
  int udp_ = -1;
  std::map<int, Connection> connections_;
  mutable std::mutex mutex_;
  std::vector<DnsQuestion> questions_;
  Loop loop_;
  std::thread thread_;
};

DnsDouble::DnsDouble(Script script) : impl_(std::make_unique<Impl>(std::move(script))) {}
DnsDouble::~DnsDouble() = default;

std::string DnsDouble::address() const {
  return "127.0.0.1:" + std::to_string(impl_->port());
}

std::vector<DnsQuestion> DnsDouble::questions() const {
  return impl_->questions();
}

} // namespace mdocker::test
