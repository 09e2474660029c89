// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace mdocker::engine {

/// The bodies of a request and of its response, piece by piece, for what is too large to be kept.
/// Called on the event loop from inside of libcurl: nothing here may call Transfers. What it throws
/// ends the exchange and comes out of perform().
class BodyStream {
public:
  BodyStream() = default;
  BodyStream(const BodyStream &) = delete;
  BodyStream &operator=(const BodyStream &) = delete;
  virtual ~BodyStream() = default;

  /// Nothing to send yet: called again after Transfers::resume().
  static constexpr std::size_t kWait = static_cast<std::size_t>(-1);
  /// The next bytes of a POST: how many were filled in, 0 at the end, or kWait.
  virtual std::size_t fill(std::span<char>) { return 0; }

  /// A line of the response's head, as it came: the status line, fields, and the empty line.
  virtual void head_line(std::string_view) {}
  /// The next bytes of the response. False: not taken, offered again after Transfers::resume().
  virtual bool take(std::string_view bytes) = 0;
};

} // namespace mdocker::engine
