// SPDX-License-Identifier: Apache-2.0
//
// A client that takes bytes as they come, and tells how its connection ended.
#pragma once

#include <double/engine_double.hpp>

#include <arpa/inet.h>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

namespace mdocker::test {

class RawClient {
public:
  explicit RawClient(const EngineDouble &engine, bool tcp = false)
      : fd_(::socket(tcp ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un local{};
    local.sun_family = AF_UNIX;
    engine.socket_path().copy(local.sun_path, sizeof local.sun_path - 1);
    sockaddr_in remote{};
    remote.sin_family = AF_INET;
    remote.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (tcp)
      remote.sin_port = htons(static_cast<std::uint16_t>(
          std::stoul(engine.tcp_endpoint().substr(sizeof "tcp://127.0.0.1:" - 1))));
    const auto *address =
        tcp ? reinterpret_cast<sockaddr *>(&remote) : reinterpret_cast<sockaddr *>(&local);
    if (::connect(fd_, address, tcp ? sizeof remote : sizeof local) != 0)
      throw std::runtime_error(std::string("connect: ") + std::strerror(errno)); // NOLINT
  }
  ~RawClient() {
    if (fd_ >= 0)
      ::close(fd_);
  }
  RawClient(RawClient &&other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  RawClient &operator=(RawClient &&) = delete;

  void send(std::string_view bytes) const {
    if (::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size()))
      throw std::runtime_error("send");
  }
  void get(const std::string &target) const {
    send("GET " + target + " HTTP/1.1\r\nHost: e\r\n\r\n");
  }

  /// At least so many bytes; fewer at the end of the connection.
  std::string receive(std::size_t count) {
    std::string out;
    while (out.size() < count && end_.empty()) {
      char bytes[65536];
      pollfd waited{fd_, POLLIN, 0};
      if (::poll(&waited, 1, 20'000) != 1)
        throw std::runtime_error("nothing came; so far: " + out);
      const ssize_t got = ::recv(fd_, bytes, sizeof bytes, 0);
      if (got > 0)
        out.append(bytes, static_cast<std::size_t>(got));
      else
        end_ = got == 0 ? "closed" : errno == ECONNRESET ? "reset" : "broken";
    }
    return out;
  }
  /// All until the connection's end.
  std::string receive_all() { return receive(std::string::npos); }
  /// How the connection ended: "closed", "reset", or "" where it has not.
  [[nodiscard]] const std::string &end() const noexcept { return end_; }
  /// Whether nothing is there to be read now.
  [[nodiscard]] bool quiet() const {
    pollfd waited{fd_, POLLIN, 0};
    return ::poll(&waited, 1, 0) == 0;
  }

private:
  int fd_;
  std::string end_;
};

} // namespace mdocker::test
