// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace mdocker::test {

/// A port of 127.0.0.1 that nobody else has, and where nobody answers.
class DeadPort {
public:
  enum class Way {
    refuses, ///< No connection is taken.
    silent,  ///< Not even that is said.
  };
  explicit DeadPort(Way way);
  ~DeadPort();
  DeadPort(const DeadPort &) = delete;
  DeadPort &operator=(const DeadPort &) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  /// "127.0.0.1:PORT"
  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

private:
  int fd_;
  int waiting_ = -1; ///< Has the one place for connections that are not taken yet.
  std::uint16_t port_ = 0;
};

} // namespace mdocker::test
