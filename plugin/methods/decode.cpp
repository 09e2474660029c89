// SPDX-License-Identifier: Apache-2.0
#include "decode.hpp"

#include "../error.hpp"

#include <utf8.hpp>

#include <algorithm>
#include <unordered_set>

namespace mdocker::methods {
namespace {

// Numbers may be as long as the request: a message shows the begin.
constexpr std::size_t kShownNumber = 32;
// So may keys.
constexpr std::size_t kShownKey = 100;

[[noreturn]] void mismatch(const Path &path, std::string_view expected, const json::Value &value) {
  std::string what = path.text();
  what.append(": expected ").append(expected).append(", got ");
  if (value.kind == json::Kind::number) {
    what.append("the number ").append(value.raw.substr(0, kShownNumber));
    if (value.raw.size() > kShownNumber)
      what.append("...");
  } else {
    what.append(json::kind_name(value.kind));
  }
  throw InvalidParams(what);
}

} // namespace

std::string Path::text() const {
  if (parent_ == nullptr)
    return std::string(key_);
  std::string text = parent_->text();
  const std::string key = json::one_line(key_, kShownKey);
  if (index_)
    return text.append("[").append(std::to_string(*index_)).append("]");
  return text.empty() ? key : text.append(".").append(key);
}

std::string decode_string(const json::Value &value, const Path &path) {
  if (value.kind == json::Kind::null)
    return {};
  if (value.kind != json::Kind::string)
    mismatch(path, "a string", value);
  return json::text(value);
}

std::int64_t decode_integer(const json::Value &value, const Path &path) {
  if (value.kind == json::Kind::null)
    return 0;
  const std::optional<std::int64_t> number = json::to_int64(value);
  if (!number)
    mismatch(path, "an integer", value);
  return *number;
}

std::vector<json::Value> decode_array(const json::Value &value, const Path &path) {
  if (value.kind == json::Kind::null)
    return {};
  if (value.kind != json::Kind::array)
    mismatch(path, "an array", value);
  return json::elements(value.raw);
}

Object::Object(const json::Value &value, const Path &path) : path_(path) {
  if (value.kind == json::Kind::null)
    return;
  if (value.kind != json::Kind::object)
    mismatch(path, "an object", value);
  members_ = json::members(value.raw);
}

json::Value Object::value(std::string_view key) const {
  const json::Value *value = json::find_folded(members_, key);
  return value == nullptr ? json::Value{} : *value;
}

std::string Object::string(std::string_view key) const {
  return decode_string(value(key), Path(path_, key));
}

bool Object::boolean(std::string_view key) const {
  const json::Value found = value(key);
  if (found.kind == json::Kind::null)
    return false;
  if (found.kind != json::Kind::boolean)
    mismatch(Path(path_, key), "a boolean", found);
  return found.raw == "true";
}

std::int64_t Object::integer(std::string_view key) const {
  return decode_integer(value(key), Path(path_, key));
}

std::uint64_t Object::unsigned_integer(std::string_view key) const {
  const json::Value found = value(key);
  if (found.kind == json::Kind::null)
    return 0;
  const std::optional<std::uint64_t> number = json::to_uint64(found);
  if (!number)
    mismatch(Path(path_, key), "an unsigned integer", found);
  return *number;
}

Strings Object::strings(std::string_view key) const {
  const Path path(path_, key);
  Strings strings;
  // The keys of a map are data: they differ by case.
  const Object object(value(key), path);
  for (const json::Member &member : object.members())
    strings[member.key] = decode_string(member.value, Path(path, member.key));
  return strings;
}

std::optional<std::vector<json::Value>> Object::array(std::string_view key) const {
  const json::Value found = value(key);
  if (found.kind == json::Kind::null)
    return std::nullopt;
  return decode_array(found, Path(path_, key));
}

std::vector<Extra> Object::others(std::span<const std::string_view> known) const {
  std::vector<Extra> others;
  std::unordered_set<std::string_view> seen;
  for (auto member = members_.rbegin(); member != members_.rend(); ++member) {
    const bool is_known = std::any_of(known.begin(), known.end(), [&](std::string_view key) {
      return json::same_key(key, member->key);
    });
    if (!is_known && seen.insert(member->key).second)
      others.push_back({member->key, std::string(member->value.raw)});
  }
  std::reverse(others.begin(), others.end());
  return others;
}

void append_key(std::string &out, std::string_view key) {
  if (!out.empty() && out.back() != '{')
    out.push_back(',');
  json::append_string(out, key);
  out.push_back(':');
}

void append_extras(std::string &out, const std::vector<Extra> &extras) {
  for (const Extra &extra : extras) {
    append_key(out, extra.key);
    out.append(extra.value);
  }
}

void append_strings(std::string &out, const Strings &strings) {
  out.push_back('{');
  for (const auto &[key, value] : strings) {
    append_key(out, key);
    json::append_string(out, value);
  }
  out.push_back('}');
}

} // namespace mdocker::methods
