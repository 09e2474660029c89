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
  bool prefix() { return skim() != nullptr; }

  [[nodiscard]] const Value &root() const noexcept { return root_; }
  /// How many children have been reported.
  [[nodiscard]] std::size_t children() const noexcept { return children_; }

private:
  const char *skim();
  const char *after_key(const char *at) noexcept;
  void report(Kind kind, const char *end);

  const char *begin_;
  const char *end_;
  unsigned max_depth_;
  const Visitor *child_;
  unsigned depth_ = 0;
  std::uint64_t objects_ = 0; // a bit for each open bracket, the innermost lowest: it is a '{'
  const char *starts_[2] = {nullptr, nullptr}; // of the root, and of its child
  std::string_view key_;                       // of the child, in quotes
  std::size_t children_ = 0;
  Value root_;
};

} // namespace mistify::json
