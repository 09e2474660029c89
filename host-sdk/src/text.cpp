// SPDX-License-Identifier: Apache-2.0
#include "text.hpp"

#include <algorithm>
#include <cstdint>

namespace mistify::detail {
namespace {

bool is_control(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

void append_escaped(std::string &out, char c) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  switch (c) {
  case '\n':
    out += "\\n";
    break;
  case '\r':
    out += "\\r";
    break;
  case '\t':
    out += "\\t";
    break;
  default:
    out += "\\x";
    out += kHex[byte >> 4U];
    out += kHex[byte & 0xfU];
  }
}

} // namespace

std::string_view borrowed(mistify_str text) noexcept {
  if (text.ptr == nullptr || text.len > static_cast<std::uint64_t>(PTRDIFF_MAX))
    return {};
  return {text.ptr, static_cast<std::size_t>(text.len)};
}

std::string one_line(std::string_view text) {
  if (std::none_of(text.begin(), text.end(), is_control))
    return std::string(text);
  std::string out;
  out.reserve(text.size() + 8);
  for (const char c : text) {
    if (is_control(c))
      append_escaped(out, c);
    else
      out += c;
  }
  return out;
}

} // namespace mistify::detail
