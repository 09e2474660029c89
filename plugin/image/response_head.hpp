// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "checksum.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mdocker::image {

/// What the head of the image service's answer says, read line by line.
class ResponseHead {
public:
  /// A line as it came. True at the end of the head that counts (not one of an interim answer).
  /// Throws Error (unavailable, phase "download") for a length that is none, or for two of them.
  bool line(std::string_view text);

  [[nodiscard]] unsigned status() const noexcept { return status_; }
  [[nodiscard]] bool redirects() const noexcept;
  [[nodiscard]] const std::string &location() const noexcept { return location_; }
  /// How long the body is; none where it ends as it does. A Transfer-Encoding overrides a
  /// Content-Length (RFC 9112, 6.3): by chunks libcurl frames the body, and of what it decodes
  /// (gzip) the length says nothing. "identity" is none, as RFC 2616 had it: libcurl passes the
  /// bytes on as they are, so that they are held against the length.
  [[nodiscard]] std::optional<std::uint64_t> length() const noexcept {
    return coded_ ? std::nullopt : length_;
  }
  [[nodiscard]] Checksum checksum() const;

private:
  void begin(std::string_view status_line);
  void take_length(std::string_view value);
  void take_transfer_encoding(std::string_view value);

  unsigned status_ = 0;
  bool coded_ = false;
  std::optional<std::uint64_t> length_;
  std::string location_;
  std::string content_digest_, digest_, x_checksum_sha256_;
};

} // namespace mdocker::image
