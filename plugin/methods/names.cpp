// SPDX-License-Identifier: Apache-2.0
#include "names.hpp"

#include "../error.hpp"
#include "json.hpp"

#include <algorithm>

namespace mdocker::methods {
namespace {

constexpr std::size_t kMaxId = 1024;
constexpr std::size_t kMaxRepository = 255;
constexpr std::size_t kMaxTag = 128;
constexpr std::size_t kMaxShown = 80;
constexpr std::size_t kIdDigits = 64;
constexpr std::string_view kAlgorithm = "sha256:"; // of a digest

constexpr bool is_lower(char c) noexcept {
  return c >= 'a' && c <= 'z';
}
constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
constexpr bool is_alnum(char c) noexcept {
  return is_lower(c) || is_digit(c) || (c >= 'A' && c <= 'Z');
}
constexpr bool is_lower_hex(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'f');
}
constexpr bool is_hex(char c) noexcept {
  return is_lower_hex(c) || (c >= 'A' && c <= 'F');
}

template <class Predicate> bool all(std::string_view text, Predicate predicate) noexcept {
  return std::all_of(text.begin(), text.end(), predicate);
}

// [a-z0-9]+, joined by one '.', one or two '_', or any number of '-'.
bool is_path_component(std::string_view text) noexcept {
  const auto plain = [](char c) { return is_lower(c) || is_digit(c); };
  if (text.empty() || !plain(text.front()) || !plain(text.back()))
    return false;
  for (std::size_t i = 0; i < text.size();) {
    if (plain(text[i])) {
      ++i;
      continue;
    }
    std::size_t end = i;
    while (end < text.size() && !plain(text[end]))
      ++end;
    const std::string_view separator = text.substr(i, end - i);
    if (separator != "." && separator != "_" && separator != "__" &&
        !all(separator, [](char c) { return c == '-'; }))
      return false;
    i = end;
  }
  return true;
}

// Labels of letters, digits and inner '-', joined by dots; a port may follow.
bool is_registry(std::string_view text) noexcept {
  if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    const std::string_view port = text.substr(colon + 1);
    if (port.empty() || !all(port, is_digit))
      return false;
    text = text.substr(0, colon);
  }
  for (;;) {
    const std::size_t dot = std::min(text.find('.'), text.size());
    const std::string_view label = text.substr(0, dot);
    if (label.empty() || label.front() == '-' || label.back() == '-' ||
        !all(label, [](char c) { return is_alnum(c) || c == '-'; }))
      return false;
    if (dot == text.size())
      return true;
    text.remove_prefix(dot + 1);
  }
}

bool is_path(std::string_view text) noexcept {
  for (;;) {
    const std::size_t slash = std::min(text.find('/'), text.size());
    if (!is_path_component(text.substr(0, slash)))
      return false;
    if (slash == text.size())
      return true;
    text.remove_prefix(slash + 1);
  }
}

} // namespace

bool is_container_id(std::string_view text) noexcept {
  return !text.empty() && text.size() <= kMaxId && is_alnum(text.front()) &&
         all(text, [](char c) { return is_alnum(c) || c == '_' || c == '.' || c == '-'; });
}

bool may_be_hex_id(std::string_view text) noexcept {
  return !text.empty() && text.size() <= kIdDigits && all(text, is_hex);
}

bool is_image_id(std::string_view text) noexcept {
  if (text.substr(0, kAlgorithm.size()) == kAlgorithm)
    text.remove_prefix(kAlgorithm.size());
  return text.size() == kIdDigits && all(text, is_lower_hex);
}

bool is_tag(std::string_view text) noexcept {
  return !text.empty() && text.size() <= kMaxTag && text.front() != '.' && text.front() != '-' &&
         all(text, [](char c) { return is_alnum(c) || c == '_' || c == '.' || c == '-'; });
}

bool is_repository(std::string_view text) noexcept {
  // A colon after the last slash begins a tag.
  const std::size_t last_slash = text.rfind('/');
  const std::size_t name_begin = last_slash == std::string_view::npos ? 0 : last_slash + 1;
  if (const std::size_t colon = text.find(':', name_begin); colon != std::string_view::npos) {
    if (!is_tag(text.substr(colon + 1)))
      return false;
    text = text.substr(0, colon);
  }
  if (text.size() == kIdDigits && all(text, is_lower_hex)) // the engine takes it for an image's id
    return false;
  const std::size_t slash = text.find('/');
  const std::string_view first = text.substr(0, std::min(slash, text.size()));
  const bool has_registry =
      slash != std::string_view::npos &&
      (first.find_first_of(".:") != std::string_view::npos || first == "localhost");
  // The engine measures the name with the registry and folder that stand for none.
  const std::string_view defaults = has_registry                      ? ""
                                    : slash == std::string_view::npos ? "docker.io/library/"
                                                                      : "docker.io/";
  if (text.size() + defaults.size() > kMaxRepository)
    return false;
  if (!has_registry)
    return is_path(text);
  return is_registry(first) && is_path(text.substr(slash + 1));
}

bool is_image_reference(std::string_view text) noexcept {
  if (is_image_id(text))
    return true;
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos)
    return is_repository(text);
  const std::string_view digest = text.substr(at + 1);
  return is_repository(text.substr(0, at)) && digest.starts_with(kAlgorithm) && is_image_id(digest);
}

void check_container_id(std::string_view id) {
  if (!is_container_id(id))
    throw Error(Kind::invalid, "invalid id " + shown(id) + ": expected a container's name or id, " +
                                   "[a-zA-Z0-9][a-zA-Z0-9_.-]*, at most 1024 bytes");
}

void check_image_reference(std::string_view id) {
  if (!is_image_reference(id))
    throw Error(
        Kind::invalid,
        "invalid id " + shown(id) +
            ": expected an image's name or id, [HOST[:PORT]/]NAME[:TAG][@sha256:HEX] with a "
            "NAME in lower case");
}

std::string shown(std::string_view text) {
  if (text.size() <= kMaxShown)
    return mistify::json::quoted(text);
  std::size_t end = kMaxShown;
  while (end > 0 &&
         (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) // not inside a character
    --end;
  return mistify::json::quoted(text.substr(0, end)) + "...";
}

} // namespace mdocker::methods
