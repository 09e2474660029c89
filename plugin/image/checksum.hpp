// SPDX-License-Identifier: Apache-2.0
//
// The checksum that may come with a download, over the bytes as they were received.
#pragma once

#include "digest.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mdocker::image {

/// The values of an answer's fields; of several fields of one name joined by a comma. Empty: none.
struct ChecksumFields {
  std::string_view content_digest; ///< Content-Digest (RFC 9530): sha-256=:BASE64:, sha-512=:...:
  std::string_view digest;         ///< Digest (RFC 3230): sha-256=BASE64, sha-512=...
  std::string_view x_checksum_sha256; ///< X-Checksum-Sha256: hexadecimal digits
};

/// Checks all of what the fields say in sha-256 and sha-512; other algorithms count for nothing.
class Checksum {
public:
  /// Throws Error (phase "check") where a field is malformed, or fields contradict each other: what
  /// cannot be checked is not taken for checked.
  explicit Checksum(const ChecksumFields &fields);

  /// Whether there is anything to check.
  [[nodiscard]] bool any() const noexcept { return !wanted_.empty(); }
  void update(std::string_view bytes);
  /// After the last byte, once: throws Error (phase "check") where the bytes are not those.
  void check();

private:
  struct Wanted {
    Digest::Algorithm algorithm;
    std::string field;
    std::string bytes;
    Digest digest;
  };
  void want(Digest::Algorithm algorithm, std::string_view field, std::string bytes);
  void read_content_digest(std::string_view text);
  void read_digest(std::string_view text);
  void read_hex(std::string_view text);

  std::vector<Wanted> wanted_; // one of an algorithm
};

} // namespace mdocker::image
