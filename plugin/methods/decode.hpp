// SPDX-License-Identifier: Apache-2.0
//
// Reads structs out of JSON by the rules of the callers' own encoder: keys match without regard to
// case, the last one wins, null is the same as absent, integers are written as integers. Whatever
// has another type is InvalidParams, with the field's path.
#pragma once

#include "json.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mdocker::methods {

namespace json = mistify::json;

/// Where a value stands, for messages: "guest.nics[1].mac". Lives on the stack of who decodes, and
/// costs nothing until it is asked for.
class Path {
public:
  constexpr explicit Path(std::string_view name) noexcept : key_(name) {}
  constexpr Path(const Path &parent, std::string_view key) noexcept : parent_(&parent), key_(key) {}
  constexpr Path(const Path &parent, std::size_t index) noexcept
      : parent_(&parent), index_(index) {}

  [[nodiscard]] std::string text() const;

private:
  const Path *parent_ = nullptr;
  std::string_view key_;
  std::optional<std::size_t> index_;
};

/// A member that no struct of ours knows; value is JSON, as it came.
struct Extra {
  std::string key;
  std::string value;

  bool operator==(const Extra &) const = default;
};

using Strings = std::map<std::string, std::string>;

/// The members of an object; null is an empty one. The text must outlive it.
class Object {
public:
  /// Throws InvalidParams where the value is something else.
  Object(const json::Value &value, const Path &path);

  /// Each returns the empty value where the field is absent, and throws InvalidParams where it has
  /// another type.
  [[nodiscard]] std::string string(std::string_view key) const;
  [[nodiscard]] bool boolean(std::string_view key) const;
  [[nodiscard]] std::int64_t integer(std::string_view key) const;
  [[nodiscard]] std::uint64_t unsigned_integer(std::string_view key) const;
  [[nodiscard]] Strings strings(std::string_view key) const;
  /// The object of that key, as JSON; "null" where it is absent.
  [[nodiscard]] json::Value value(std::string_view key) const;
  /// The elements of an array; nothing where it is absent.
  [[nodiscard]] std::optional<std::vector<json::Value>> array(std::string_view key) const;

  /// The members whose key is none of the known ones, in their order, each key once (its last
  /// value).
  [[nodiscard]] std::vector<Extra> others(std::span<const std::string_view> known) const;
  [[nodiscard]] const json::Members &members() const noexcept { return members_; }
  [[nodiscard]] const Path &path() const noexcept { return path_; }

private:
  const Path &path_;
  json::Members members_;
};

/// Throw InvalidParams where the value is no such thing; null is the empty one.
std::string decode_string(const json::Value &value, const Path &path);
std::int64_t decode_integer(const json::Value &value, const Path &path);
std::vector<json::Value> decode_array(const json::Value &value, const Path &path);

/// Appends `"key":` (with a comma before it, where members stand before it).
void append_key(std::string &out, std::string_view key);
void append_extras(std::string &out, const std::vector<Extra> &extras);
void append_strings(std::string &out, const Strings &strings);

} // namespace mdocker::methods
