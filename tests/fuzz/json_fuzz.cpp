// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as JSON: what is taken comes back in slices that are values themselves, and the same
// whichever of the two readers has read it. What is refused is refused with words and a place.
#include "fuzz.hpp"

#include <json.hpp>
#include <json_skim.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace {

using namespace mistify;
using fuzz::require;

bool lies_in(std::string_view part, std::string_view whole) {
  return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

// A text that begins with more nesting than the fast reader follows is left to the other one.
json::Value by_the_slow_reader(const std::string &deep, unsigned levels) {
  json::Value value = json::parse(deep, json::Skimmer::kFollowed + 1 + json::kMaxDepth);
  for (; levels != 0; --levels)
    value = json::elements(value.raw, json::Skimmer::kFollowed + 1 + json::kMaxDepth).at(0);
  return value;
}

void check_strings(const json::Value &value) {
  if (value.kind != json::Kind::string)
    return;
  const std::string text = json::text(value);
  const std::string written = json::quoted(text);
  const json::Value again = json::parse(written);
  require(again.kind == json::Kind::string && json::text(again) == text,
          "a string is another one when it is written again", written);
}

void check_numbers(const json::Value &value) {
  if (const auto number = json::to_int64(value))
    require(std::to_string(*number) == value.raw || value.raw == "-0", "an integer is another one",
            value.raw);
  if (const auto number = json::to_uint64(value))
    require(std::to_string(*number) == value.raw, "an unsigned integer is another one", value.raw);
}

void check_value(const json::Value &value) {
  const json::Value again = json::parse(value.raw);
  require(again.kind == value.kind && again.raw == value.raw, "a slice is no value by itself",
          value.raw);
  check_strings(value);
  check_numbers(value);
  if (value.kind != json::Kind::array)
    return;
  const auto first = json::first_element(value);
  const std::vector<json::Value> elements = json::elements(value.raw);
  require(first.has_value() != elements.empty() &&
              (!first || (first->raw == elements[0].raw && first->kind == elements[0].kind)),
          "the first element is another one", value.raw);
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

void check_taken(std::string_view text, const json::Value &root, const json::Members &children) {
  require(lies_in(root.raw, text), "the value lies outside of the text");
  const auto before = static_cast<std::size_t>(root.raw.data() - text.data());
  const std::string_view after = text.substr(before + root.raw.size());
  require(std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(before), is_blank) &&
              std::all_of(after.begin(), after.end(), is_blank),
          "more than white space stands around the value", text);
  check_value(root);
  const char *at = root.raw.data();
  for (const json::Member &child : children) {
    require(lies_in(child.value.raw, root.raw) && child.value.raw.data() > at,
            "the children are not in their order", text);
    at = child.value.raw.data();
    check_value(child.value);
  }
  require(children.empty() || (root.kind == json::Kind::object || root.kind == json::Kind::array),
          "a scalar has children", text);
}

void check_slow_reader(std::string_view text, const json::Value &root) {
  constexpr unsigned kLevels = json::Skimmer::kFollowed + 1;
  const std::string deep = std::string(kLevels, '[').append(text).append(std::string(kLevels, ']'));
  const json::Value value = by_the_slow_reader(deep, kLevels);
  require(value.kind == root.kind && value.raw == root.raw, "the readers disagree", text);
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  const fuzz::Input input(data, size);
  const unsigned depth = input.choice() % 2 == 0 ? json::kMaxDepth : input.choice() / 16 + 1;
  json::Members children;
  try {
    const json::Value root = json::scan(
        input.text(),
        [&](std::string_view key, const json::Value &value) {
          children.push_back({std::string(key), value});
        },
        depth);
    check_taken(input.text(), root, children);
    check_slow_reader(input.text(), root);
  } catch (const json::ParseError &error) {
    fuzz::require_line(error.what());
    require(error.offset() <= input.text().size(), "an error beyond the end", error.what());
  }
  return 0;
}
