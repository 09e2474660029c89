// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "open_file.hpp"

#include <boost/system/error_code.hpp>

#include <cstdint>

namespace mistify::mock_host {

/// Sends a file through a socket, piece by piece and by the kernel alone: nothing of it is held.
class FileSender {
public:
  explicit FileSender(OpenFile file) noexcept : file_(std::move(file)) {}

  /// Sends what the socket, which does not block, takes of the next piece. An error ends the
  /// connection: one is also that the file has become shorter than its size.
  void send_some(int socket, boost::system::error_code &failed) noexcept;

  [[nodiscard]] bool done() const noexcept { return sent_ == file_.size; }

private:
  OpenFile file_;
  std::uint64_t sent_ = 0;
};

} // namespace mistify::mock_host
