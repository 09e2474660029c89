// SPDX-License-Identifier: Apache-2.0
#include "json_edit.hpp"

#include "refuse.hpp"

#include <algorithm>

namespace mdocker::image {

void JsonReader::refuse(const std::string &why) const {
  image::refuse(kRename, file_ + " in the archive " + why);
}

// A hostile file is nothing but children, and each takes many times its bytes here.
void JsonReader::count(std::size_t children, std::string_view what) {
  constexpr std::size_t kObjects = 16;
  if (children > most_)
    refuse("has more than " + std::to_string(most_) + " members in " + std::string(what));
  if (++all_ > kObjects * most_)
    refuse("has more than " + std::to_string(kObjects * most_) + " members");
}

json::Value JsonReader::parse(std::string_view text) const {
  try {
    return json::parse(text);
  } catch (const json::ParseError &error) {
    refuse("is not well-formed JSON at byte " + std::to_string(error.offset()) + ": " +
           error.what());
  }
}

json::Members JsonReader::members(const json::Value &object, std::string_view what) {
  if (object.kind != json::Kind::object)
    refuse("has " + std::string(json::kind_name(object.kind)) + " for " + std::string(what) +
           ", and not an object");
  json::Members members;
  json::scan(object.raw, [&](std::string_view key, const json::Value &value) {
    count(members.size() + 1, what);
    members.push_back({std::string(key), value});
  });
  return members;
}

std::vector<json::Value> JsonReader::elements(const json::Value &array, std::string_view what) {
  if (array.kind != json::Kind::array)
    refuse("has " + std::string(json::kind_name(array.kind)) + " for " + std::string(what) +
           ", and not an array");
  std::vector<json::Value> elements;
  json::scan(array.raw, [&](std::string_view, const json::Value &value) {
    count(elements.size() + 1, what);
    elements.push_back(value);
  });
  return elements;
}

const json::Value *JsonReader::field(const json::Members &members, std::string_view key) const {
  const json::Value *found = nullptr;
  for (const json::Member &member : members)
    if (names_field(member.key, key)) {
      if (found != nullptr)
        refuse("has " + shown(key) + " twice");
      found = &member.value;
    }
  return found;
}

std::string JsonReader::string(const json::Value &value, std::string_view what) const {
  if (value.kind != json::Kind::string)
    refuse("has " + std::string(json::kind_name(value.kind)) + " for " + std::string(what) +
           ", and not a string");
  return json::text(value);
}

bool names_field(std::string_view key, std::string_view field) noexcept {
  constexpr std::string_view kLongS = "\xC5\xBF";      // U+017F folds to an s
  constexpr std::string_view kKelvin = "\xE2\x84\xAA"; // U+212A folds to a k
  if (json::same_key(key, field))
    return true;
  std::size_t at = 0;
  for (const char c : field) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    const std::string_view rest = key.substr(std::min(at, key.size()));
    if (lower == 's' && rest.starts_with(kLongS))
      at += kLongS.size();
    else if (lower == 'k' && rest.starts_with(kKelvin))
      at += kKelvin.size();
    else if (!rest.empty() && json::same_key(rest.substr(0, 1), {&c, 1}))
      ++at;
    else
      return false;
  }
  return at == key.size();
}

Text object_with_field(const json::Members &members, std::string_view field, Text value) {
  Text text;
  text.add("{");
  bool first = true;
  const auto begin = [&](std::string_view key) {
    text.add((std::exchange(first, false) ? "" : ",") + json::quoted(key) + ":");
  };
  Text *left = &value;
  for (const json::Member &member : members) {
    begin(member.key);
    if (left != nullptr && names_field(member.key, field)) {
      text.add(std::move(*std::exchange(left, nullptr)));
    } else {
      text.keep(member.value.raw);
    }
  }
  if (left != nullptr) {
    begin(field);
    text.add(std::move(*left));
  }
  text.add("}");
  return text;
}

} // namespace mdocker::image
