// SPDX-License-Identifier: Apache-2.0
#include "client.hpp"

namespace mdocker::engine {
namespace {

bool unreserved(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

void append_encoded(std::string &out, std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  for (const char c : text) {
    if (unreserved(c)) {
      out.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.push_back('%');
    out.push_back(kHex[byte >> 4U]);
    out.push_back(kHex[byte & 15U]);
  }
}

} // namespace

Query &Query::add(std::string_view name, std::string_view value) {
  text_.push_back(text_.empty() ? '?' : '&');
  append_encoded(text_, name);
  text_.push_back('=');
  append_encoded(text_, value);
  return *this;
}

} // namespace mdocker::engine
