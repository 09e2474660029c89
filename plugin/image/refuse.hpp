// SPDX-License-Identifier: Apache-2.0
//
// How an archive is refused: one line, and the phase in which it was found out.
#pragma once

#include "../error.hpp"

#include <string>
#include <string_view>

namespace mdocker::image {

inline constexpr std::string_view kDecompress = "decompress"; ///< gzip, zstd, xz, bzip2
inline constexpr std::string_view kUnpack = "unpack";         ///< the tar and its entries
inline constexpr std::string_view kRename = "rename";         ///< what names the image
inline constexpr std::string_view kCheck = "check";           ///< a checksum that came with it

inline constexpr std::string_view kCannot = "cannot load the image: ";

[[noreturn]] inline void refuse(std::string_view phase, const std::string &why) {
  throw Error(Kind::invalid, std::string(kCannot) + why).in_phase(std::string(phase));
}

/// Not the archive's fault.
[[noreturn]] inline void fail(std::string_view phase, const std::string &why) {
  throw Error(Kind::internal, std::string(kCannot) + why).in_phase(std::string(phase));
}

/// Hostile text in quotes for a message: escaped, and cut where it is long.
std::string shown(std::string_view text);
/// The same for a URL, as it is.
std::string shown_url(std::string_view url);

} // namespace mdocker::image
