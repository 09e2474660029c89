// SPDX-License-Identifier: Apache-2.0
#include "refuse.hpp"

#include "json.hpp"

namespace mdocker::image {
namespace {

// No more than so many bytes, and none of a character that has more.
std::string_view beginning(std::string_view text, std::size_t most) noexcept {
  if (text.size() <= most)
    return text;
  std::size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
    --end;
  return text.substr(0, end);
}

} // namespace

std::string shown(std::string_view text) {
  constexpr std::size_t kMost = 100;
  const std::string_view begin = beginning(text, kMost);
  return mistify::json::quoted(begin) + (begin.size() < text.size() ? "..." : "");
}

std::string shown_url(std::string_view url) {
  constexpr std::size_t kMost = 400;
  const std::string_view begin = beginning(url, kMost);
  return std::string(begin) + (begin.size() < url.size() ? "..." : "");
}

} // namespace mdocker::image
