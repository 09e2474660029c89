// SPDX-License-Identifier: Apache-2.0
//
// JSON as slices of the text that it came in: a value is passed on as it was written, never
// rebuilt. The one place that sets RapidJSON's flags. Not installed; the plugin and the mock host
// use it too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace mistify::json {

inline constexpr unsigned kMaxDepth = 64;

enum class Kind { null, boolean, number, string, array, object };

/// "null", "a boolean", "a number", ...
std::string_view kind_name(Kind kind) noexcept;

/// What is wrong with a text, and at which byte.
class ParseError : public std::runtime_error {
public:
  ParseError(const std::string &what, std::size_t offset)
      : std::runtime_error(what), offset_(offset) {}
  [[nodiscard]] std::size_t offset() const noexcept { return offset_; }

private:
  std::size_t offset_;
};

/// A well-formed value: its bytes, without white space around them, in the text that was parsed.
struct Value {
  Kind kind = Kind::null;
  std::string_view raw = "null";
};

struct Member {
  std::string key; ///< Unescaped.
  Value value;
};
using Members = std::vector<Member>;

/// Checks that the text is one well-formed value in UTF-8, nested at most depth deep (an empty
/// array is 1 deep), with nothing after it. Throws ParseError.
Value parse(std::string_view text, unsigned depth = kMaxDepth);

/// Called with each direct child of a value: the members of an object with their unescaped keys
/// (borrowed for this call only), the elements of an array with an empty one. It may throw.
using Visitor = std::function<void(std::string_view key, const Value &value)>;

/// As parse(), and reports the direct children in their order while it reads, so also those before
/// an error. Nothing is kept: for input that may have many of them.
Value scan(std::string_view text, const Visitor &child, unsigned depth = kMaxDepth);

/// The first element of an array that came out of this parser; none where it is empty.
std::optional<Value> first_element(const Value &array);

/// The members of an object, in their order, duplicates included. Throws ParseError where the text
/// is not well-formed (as parse), std::invalid_argument where it is no object.
Members members(std::string_view object, unsigned depth = kMaxDepth);

/// The elements of an array. Throws as members().
std::vector<Value> elements(std::string_view array, unsigned depth = kMaxDepth);

/// The last member whose key matches without regard to ASCII case, as Go's decoder picks it; null
/// pointer where there is none.
const Value *find_folded(const Members &members, std::string_view key) noexcept;
/// The last member of exactly this key.
const Value *find(const Members &members, std::string_view key) noexcept;
/// Whether two keys are equal without regard to ASCII case.
bool same_key(std::string_view a, std::string_view b) noexcept;

/// The text of a string value. The value must be of Kind::string.
std::string text(const Value &value);
/// The number where it is an integer, written as one ("1e3" and "1.0" are not), that fits.
std::optional<std::int64_t> to_int64(const Value &value) noexcept;
std::optional<std::uint64_t> to_uint64(const Value &value) noexcept;

/// Appends text as a JSON string, quotes included. Bytes that are no UTF-8 become U+FFFD, so that
/// what comes out is always well-formed.
void append_string(std::string &out, std::string_view text);
/// The same as a value of its own.
std::string quoted(std::string_view text);

} // namespace mistify::json
