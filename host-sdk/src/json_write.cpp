// SPDX-License-Identifier: Apache-2.0
#include "json.hpp"
#include "utf8.hpp"

namespace mistify::json {

namespace {

void append_escape(std::string &out, unsigned char code) {
  static constexpr char kHex[] = "0123456789abcdef";
  out.append("\\u00");
  out.push_back(kHex[code >> 4U]);
  out.push_back(kHex[code & 15U]);
}

} // namespace

void append_string(std::string &out, std::string_view text) {
  out.push_back('"');
  while (!text.empty()) {
    const char c = text.front();
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
      text.remove_prefix(1);
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      switch (c) {
      case '\n':
        out.append("\\n");
        break;
      case '\r':
        out.append("\\r");
        break;
      case '\t':
        out.append("\\t");
        break;
      default:
        append_escape(out, static_cast<unsigned char>(c));
      }
      text.remove_prefix(1);
    } else if (begins_with_c1_control(text)) {
      append_escape(out, static_cast<unsigned char>(text[1]));
      text.remove_prefix(2);
    } else if (const std::size_t length = sequence_length(text); length != 0) {
      out.append(text.substr(0, length));
      text.remove_prefix(length);
    } else {
      out.append("\xEF\xBF\xBD");
      text.remove_prefix(1);
    }
  }
  out.push_back('"');
}

std::string quoted(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  append_string(out, text);
  return out;
}

} // namespace mistify::json
