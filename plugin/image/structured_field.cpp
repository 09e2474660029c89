// SPDX-License-Identifier: Apache-2.0
#include "structured_field.hpp"

#include <algorithm>
#include <cstdint>

namespace mdocker::image {
namespace {

constexpr bool is_lower(char c) noexcept {
  return c >= 'a' && c <= 'z';
}
constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

// Takes the text apart from its begin; each step says whether there was what it takes.
class Parser {
public:
  explicit Parser(std::string_view text) : rest_(text) {}

  void spaces() { rest_.remove_prefix(std::min(rest_.find_first_not_of(' '), rest_.size())); }
  void white() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size())); }
  [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }

  bool take(char c) {
    if (!rest_.starts_with(c))
      return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool key(std::string &key) {
    if (rest_.empty() || (!is_lower(rest_[0]) && rest_[0] != '*'))
      return false;
    key = take_while([](char c) {
      return is_lower(c) || is_digit(c) || c == '_' || c == '-' || c == '.' || c == '*';
    });
    return true;
  }

  // A bare item; bytes is set where it is a byte sequence.
  bool item(std::optional<std::string> &bytes) {
    bytes.reset();
    if (take(':')) {
      const std::size_t end = rest_.find(':');
      if (end == std::string_view::npos)
        return false;
      bytes = from_base64(rest_.substr(0, end));
      rest_.remove_prefix(end + 1);
      return bytes.has_value();
    }
    if (take('"')) {
      for (; !rest_.empty() && rest_[0] != '"'; rest_.remove_prefix(1))
        if (rest_[0] < ' ' || rest_[0] > '~' ||
            (take('\\') && !rest_.starts_with('"') && !rest_.starts_with('\\')))
          return false;
      return take('"');
    }
    if (take('?'))
      return take('0') || take('1');
    // Numbers and tokens: nobody wants their values.
    return !take_while([](char c) {
              return c > ' ' && c <= '~' && c != ',' && c != ';' && c != '"';
            }).empty();
  }

  bool parameters() {
    std::string name;
    std::optional<std::string> value;
    while (take(';')) {
      spaces();
      if (!key(name) || (take('=') && !item(value)))
        return false;
    }
    return true;
  }

private:
  template <class Predicate> std::string_view take_while(Predicate predicate) {
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), predicate);
    const auto length = static_cast<std::size_t>(end - rest_.begin());
    const std::string_view taken = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return taken;
  }

  std::string_view rest_;
};

int value_of(char c) noexcept {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const std::size_t at = kDigits.find(c);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

} // namespace

std::optional<std::string> from_base64(std::string_view text) {
  constexpr unsigned kBits = 6;
  constexpr unsigned kByte = 8;
  if (text.size() % 4 != 0)
    return std::nullopt;
  for (int i = 0; i < 2 && text.ends_with('='); ++i)
    text.remove_suffix(1);
  std::string bytes;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const int value = value_of(c);
    if (value < 0)
      return std::nullopt;
    bits = (bits << kBits) | static_cast<std::uint32_t>(value);
    count += kBits;
    if (count >= kByte) {
      count -= kByte;
      bytes += static_cast<char>((bits >> count) & 0xFFU);
    }
  }
  if (count >= kBits || (bits & ((1U << count) - 1U)) != 0) // a digit too many, or bits in the rest
    return std::nullopt;
  return bytes;
}

std::optional<std::vector<std::pair<std::string, std::string>>>
byte_sequences(std::string_view dictionary) {
  std::vector<std::pair<std::string, std::string>> found;
  Parser parser(dictionary);
  parser.spaces();
  while (!parser.at_end()) {
    std::string key;
    std::optional<std::string> bytes;
    if (!parser.key(key) || (parser.take('=') && !parser.item(bytes)) || !parser.parameters())
      return std::nullopt;
    std::erase_if(found, [&](const auto &member) { return member.first == key; });
    if (bytes)
      found.emplace_back(std::move(key), std::move(*bytes));
    parser.white();
    if (parser.at_end())
      break;
    if (!parser.take(','))
      return std::nullopt;
    parser.white();
    if (parser.at_end()) // a comma at the end
      return std::nullopt;
  }
  return found;
}

} // namespace mdocker::image
