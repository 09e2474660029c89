// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace mdocker::test {

/// A socket that listens, and does not block. Throws std::system_error.
class Listener {
public:
  explicit Listener(const std::filesystem::path &unix_socket);
  /// 127.0.0.1, at a free port.
  Listener();
  ~Listener();
  Listener(const Listener &) = delete;
  Listener &operator=(const Listener &) = delete;

  [[nodiscard]] int fd() const noexcept { return fd_; }
  [[nodiscard]] bool tcp() const noexcept { return port_ != 0; }
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; } ///< 0 at a unix socket.
  /// The next client, on a descriptor that does not block; -1 where there is none.
  [[nodiscard]] int take() const;

private:
  int fd_;
  std::uint16_t port_ = 0;
};

} // namespace mdocker::test
