// SPDX-License-Identifier: Apache-2.0
#include "file_sender.hpp"

#include <algorithm>
#include <cerrno>

#include <sys/sendfile.h>

namespace mistify::mock_host {
namespace {

/// The disk is waited for that long at one time, and with it all connections.
constexpr std::uint64_t kPiece = 512U << 10U;

} // namespace

void FileSender::send_some(int socket, boost::system::error_code &failed) noexcept {
  const std::uint64_t want = std::min(kPiece, file_.size - sent_);
  const ssize_t sent = ::sendfile(socket, file_.descriptor.get(), nullptr, want);
  if (sent > 0)
    sent_ += static_cast<std::uint64_t>(sent);
  else if (sent == 0)
    failed = boost::system::errc::make_error_code(boost::system::errc::io_error);
  else if (errno != EAGAIN && errno != EINTR)
    failed.assign(errno, boost::system::system_category());
}

} // namespace mistify::mock_host
