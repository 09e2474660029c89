// SPDX-License-Identifier: Apache-2.0
#include "response_head.hpp"

#include "refuse.hpp"

#include <algorithm>
#include <charconv>
#include <strings.h>

namespace mdocker::image {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

std::string_view trimmed(std::string_view text) noexcept {
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

bool is_name(std::string_view text, std::string_view name) noexcept {
  return text.size() == name.size() && strncasecmp(text.data(), name.data(), name.size()) == 0;
}

// Of several fields of one name, the values with commas between them.
void join(std::string &values, std::string_view value) {
  values += values.empty() ? "" : ", ";
  values += value;
}

} // namespace

void ResponseHead::begin(std::string_view status_line) {
  *this = ResponseHead();
  const auto space = status_line.find(' ');
  if (space != std::string_view::npos) // libcurl has checked the line
    std::from_chars(status_line.data() + space + 1, status_line.data() + status_line.size(),
                    status_);
}

void ResponseHead::take_length(std::string_view value) {
  std::uint64_t number = 0;
  const char *const end = value.data() + value.size();
  const auto [at, error] = std::from_chars(value.data(), end, number);
  if (value.empty() || error != std::errc() || at != end || (length_ && *length_ != number))
    throw Error(Kind::unavailable, "cannot load the image: the image service says a Content-Length "
                                   "that is no number of bytes: " +
                                       shown(value))
        .in_phase("download");
  length_ = number;
}

void ResponseHead::take_transfer_encoding(std::string_view value) {
  while (!value.empty()) {
    const std::size_t comma = std::min(value.find(','), value.size());
    const std::string_view coding = trimmed(value.substr(0, comma));
    value.remove_prefix(std::min(comma + 1, value.size()));
    if (!coding.empty() && !is_name(coding, "identity"))
      coded_ = true;
  }
}

bool ResponseHead::line(std::string_view text) {
  if (text.starts_with("HTTP/")) {
    begin(text);
    return false;
  }
  constexpr unsigned kFirstFinal = 200;
  if (trimmed(text).empty())
    return status_ >= kFirstFinal;
  const auto colon = text.find(':');
  if (colon == std::string_view::npos)
    return false;
  const std::string_view name = text.substr(0, colon);
  const std::string_view value = trimmed(text.substr(colon + 1));
  if (is_name(name, "Content-Length"))
    take_length(value);
  else if (is_name(name, "Transfer-Encoding"))
    take_transfer_encoding(value);
  else if (is_name(name, "Location"))
    location_ = value;
  else if (is_name(name, "Content-Digest"))
    join(content_digest_, value);
  else if (is_name(name, "Digest"))
    join(digest_, value);
  else if (is_name(name, "X-Checksum-Sha256"))
    join(x_checksum_sha256_, value);
  return false;
}

bool ResponseHead::redirects() const noexcept {
  switch (status_) {
  case 301:
  case 302:
  case 303:
  case 307:
  case 308:
    return !location_.empty();
  default:
    return false;
  }
}

Checksum ResponseHead::checksum() const {
  return Checksum({content_digest_, digest_, x_checksum_sha256_});
}

} // namespace mdocker::image
