// SPDX-License-Identifier: Apache-2.0
//
// The fast way through well-formed JSON: one pass, and many bytes at a time inside of strings.
// Internal to json.cpp.
#pragma once

#include "json.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mistify::json {

/// Takes the texts that RapidJSON and json.cpp's own rules take, and no other; of these, what is
/// nested deeper than kFollowed is left to them. It has no words for what is wrong with a text.
class Skimmer {
public:
  static constexpr unsigned kFollowed = 64;

  Skimmer(std::string_view text, unsigned depth, const Visitor *child) noexcept;

  /// Whether the text is one value. Reports the root's children on the way, also where it is not.
  bool whole();
  /// Whether a value begins the text, whatever follows it.
  bool prefix();

  [[nodiscard]] const Value &root() const noexcept { return root_; }
  /// How many children have been reported.
  [[nodiscard]] std::size_t children() const noexcept { return children_; }

private:
  bool value();
  bool open(bool object) noexcept;
  void close() noexcept;
  bool key() noexcept;
  bool scalar() noexcept;
  bool string() noexcept;
  void skip_plain() noexcept;
  bool escape() noexcept;
  bool hex(unsigned &code) noexcept;
  bool number() noexcept;
  bool digits() noexcept;
  bool literal(std::string_view word, Kind kind) noexcept;
  void skip_space() noexcept;
  [[nodiscard]] char peek() const noexcept { return at_ == end_ ? '\0' : *at_; }
  bool take(char c) noexcept;
  void report();

  const char *at_;
  const char *end_;
  unsigned max_depth_;
  const Visitor *child_;
  unsigned depth_ = 0;
  std::uint64_t objects_ = 0; // a bit for each open bracket, the innermost lowest: it is a '{'
  const char *starts_[2] = {nullptr, nullptr}; // of the root, and of its child
  Kind kind_ = Kind::null;                     // of the value that has just been read
  std::string_view key_;                       // in quotes
  std::size_t children_ = 0;
  Value root_;
};

} // namespace mistify::json
