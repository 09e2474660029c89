// SPDX-License-Identifier: Apache-2.0
#include "json_objects.hpp"

#include <json.hpp>

#include <stdexcept>

namespace mdocker::engine {
namespace {

constexpr std::size_t kShownBytes = 200; // of what is no JSON

bool is_space(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

} // namespace

void JsonObjects::take(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (depth_ == 0 && c != '{') {
      if (!is_space(c))
        throw std::runtime_error("expected JSON objects, got " +
                                 mistify::json::quoted(bytes.substr(i, kShownBytes)));
      continue;
    }
    object_ += c;
    if (object_.size() > largest_)
      throw std::runtime_error("an object of more than " + std::to_string(largest_) + " bytes");
    if (in_string_) {
      in_string_ = escaped_ || c != '"';
      escaped_ = !escaped_ && c == '\\';
    } else if (c == '"') {
      in_string_ = true;
    } else if (c == '{') {
      ++depth_;
    } else if (c == '}' && --depth_ == 0) {
      take_(object_);
      object_.clear();
    }
  }
}

} // namespace mdocker::engine
