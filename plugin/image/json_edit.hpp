// SPDX-License-Identifier: Apache-2.0
//
// Changing a few members of a JSON text and keeping all others as they were written.
#pragma once

#include "json.hpp"

#include <cstddef>
#include <initializer_list>
#include <list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mdocker::image {

namespace json = mistify::json;

/// A text in pieces: slices of another text, and what we put between them. The other text must
/// outlive it.
class Text {
public:
  Text &keep(std::string_view slice) {
    pieces_.push_back(slice);
    size_ += slice.size();
    return *this;
  }
  Text &add(std::string made) {
    made_.push_back(std::move(made));
    return keep(made_.back());
  }
  Text &add(Text &&other) {
    made_.splice(made_.end(), other.made_);
    pieces_.insert(pieces_.end(), other.pieces_.begin(), other.pieces_.end());
    size_ += std::exchange(other.size_, 0);
    other.pieces_.clear();
    return *this;
  }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] const std::vector<std::string_view> &pieces() const noexcept { return pieces_; }

private:
  std::list<std::string> made_; // its strings stay where they are
  std::vector<std::string_view> pieces_;
  std::size_t size_ = 0;
};

/// Reads one of the files; what it throws (Error, phase "rename") names the file.
class JsonReader {
public:
  /// No object or array has more children than this; all that are read have 16 times as many.
  JsonReader(std::string file, std::size_t most) : file_(std::move(file)), most_(most) {}

  [[noreturn]] void refuse(const std::string &why) const;

  [[nodiscard]] json::Value parse(std::string_view text) const;
  /// The members of an object and the elements of an array; what names it in a message.
  [[nodiscard]] json::Members members(const json::Value &object, std::string_view what);
  [[nodiscard]] std::vector<json::Value> elements(const json::Value &array, std::string_view what);
  /// The member that an engine takes for the field: Go does not mind the case of its letters. Null
  /// where there is none. Two of them are refused: engines differ in which one they take.
  [[nodiscard]] const json::Value *field(const json::Members &members, std::string_view key) const;
  [[nodiscard]] std::string string(const json::Value &value, std::string_view what) const;

private:
  void count(std::size_t children, std::string_view what);

  std::string file_;
  std::size_t most_;
  std::size_t all_ = 0;
};

/// Whether Go's decoder takes the key for the field of that name.
bool names_field(std::string_view key, std::string_view field) noexcept;

/// An object of these members, less those that go.
template <class Goes> Text object_without(const json::Members &members, Goes goes) {
  Text text;
  text.add("{");
  for (bool first = true; const json::Member &member : members)
    if (!goes(member.key)) {
      text.add((std::exchange(first, false) ? "" : ",") + json::quoted(member.key) + ":");
      text.keep(member.value.raw);
    }
  text.add("}");
  return text;
}

/// An object of these members, and the field with that value, in its old place if it had one.
Text object_with_field(const json::Members &members, std::string_view field, Text value);

} // namespace mdocker::image
