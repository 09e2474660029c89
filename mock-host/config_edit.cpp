// SPDX-License-Identifier: Apache-2.0
#include "config_edit.hpp"

#include "json.hpp"

#include <stdexcept>

namespace mistify::mock_host {

std::string with_member(std::string_view object, std::string_view path, std::string_view value) {
  const std::size_t dot = path.find('.');
  const std::string_view key = path.substr(0, dot);
  const bool leaf = dot == std::string_view::npos;
  std::string inner = "{}";
  std::string out = "{";
  const auto append = [&](std::string_view name, std::string_view raw) {
    if (out.size() > 1)
      out += ',';
    json::append_string(out, name);
    out += ':';
    out += raw;
  };
  for (const json::Member &member : json::members(object)) {
    if (member.key != key) {
      append(member.key, member.value.raw);
    } else if (!leaf) {
      if (member.value.kind != json::Kind::object)
        throw std::invalid_argument("expected an object, got " +
                                    std::string(json::kind_name(member.value.kind)));
      inner = member.value.raw;
    }
  }
  append(key, leaf ? std::string(value) : with_member(inner, path.substr(dot + 1), value));
  out += '}';
  return out;
}

} // namespace mistify::mock_host
