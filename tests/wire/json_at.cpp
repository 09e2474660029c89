// SPDX-License-Identifier: Apache-2.0
#include "json_at.hpp"

#include <charconv>

namespace wire {
namespace json = mistify::json;
namespace {

std::string step(std::string_view text, std::string_view key) {
  if (json::parse(text).kind == json::Kind::array) {
    std::size_t index = 0;
    std::from_chars(key.data(), key.data() + key.size(), index);
    return std::string(json::elements(text).at(index).raw);
  }
  const json::Members members = json::members(text);
  const json::Value *found = json::find(members, key);
  if (found == nullptr)
    throw std::out_of_range("no '" + std::string(key) + "' in " + std::string(text.substr(0, 300)));
  return std::string(found->raw);
}

} // namespace

std::string at(std::string_view text, std::initializer_list<std::string_view> path) {
  std::string value(text);
  for (const std::string_view key : path)
    value = step(value, key);
  return value;
}

std::string text_at(std::string_view text, std::initializer_list<std::string_view> path) {
  const std::string raw = at(text, path);
  const json::Value value = json::parse(raw);
  if (value.kind != json::Kind::string)
    throw std::invalid_argument("no string: " + raw);
  return json::text(value);
}

bool has(std::string_view text, std::initializer_list<std::string_view> path) {
  try {
    at(text, path);
    return true;
  } catch (const std::logic_error &) {
    return false;
  }
}

std::vector<std::string> keys(std::string_view object) {
  std::vector<std::string> out;
  for (const json::Member &member : json::members(object))
    out.push_back(member.key);
  return out;
}

std::vector<std::string> elements(std::string_view array) {
  std::vector<std::string> out;
  for (const json::Value &element : json::elements(array))
    out.emplace_back(element.raw);
  return out;
}

std::string compact(std::string_view text) {
  std::string out;
  bool in_string = false;
  bool escaped = false;
  for (const char c : text) {
    if (!in_string && (c == ' ' || c == '\n' || c == '\t' || c == '\r'))
      continue;
    if (c == '"' && !escaped)
      in_string = !in_string;
    escaped = c == '\\' && !escaped;
    out += c;
  }
  return out;
}

std::string json_string(std::string_view text) {
  return json::quoted(text);
}

} // namespace wire
