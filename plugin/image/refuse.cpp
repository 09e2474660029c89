// SPDX-License-Identifier: Apache-2.0
#include "refuse.hpp"

#include "json.hpp"

namespace mdocker::image {

std::string shown(std::string_view text) {
  constexpr std::size_t kMost = 100;
  if (text.size() <= kMost)
    return mistify::json::quoted(text);
  std::size_t end = kMost;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) // inside a character
    --end;
  return mistify::json::quoted(text.substr(0, end)) + "...";
}

} // namespace mdocker::image
