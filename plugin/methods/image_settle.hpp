// SPDX-License-Identifier: Apache-2.0
//
// What has become of an archive that an engine was given whole: from there on a load cannot be
// broken off, and what the engine made of it is seen by its name.
#pragma once

#include "method.hpp"

#include "../image/rewrite.hpp"

#include <cstdint>
#include <exception>
#include <functional>
#include <string>
#include <string_view>

namespace mdocker::methods {

/// Phases of a load, after image::kDownload.
inline constexpr std::string_view kLoad = "load";
inline constexpr std::string_view kVerify = "verify";

struct GivenArchive {
  std::string given;     ///< The UUID as the caller writes it.
  std::string name;      ///< UUID:latest, which nothing had before, and which nobody else changes.
  image::Result said;    ///< By the archive, of its image.
  std::string last_word; ///< Of the engine's answer.
  /// Where there was no answer, one that cannot be read, or one that says that it failed.
  std::exception_ptr failure;
};

/// The image's size in bytes, where it is there and the archive's. Else throws Error: the name is
/// taken back, or the error says that it is there or may be. Where it is not wanted any more in
/// the end, the name is taken back too, and the error's kind is cancelled.
asio::awaitable<std::uint64_t> settle(Environment &environment, const GivenArchive &archive,
                                      const std::function<bool()> &wanted);
/// The error of an archive of which nobody looks any more what became.
Error unsettled(const GivenArchive &archive, const std::string &why);

} // namespace mdocker::methods
