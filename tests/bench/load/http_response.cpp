// SPDX-License-Identifier: Apache-2.0
#include "http_response.hpp"

#include <algorithm>
#include <charconv>

namespace load {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

bool same_name(std::string_view a, std::string_view lower) noexcept {
  return std::equal(a.begin(), a.end(), lower.begin(), lower.end(), [](char x, char y) {
    return (x >= 'A' && x <= 'Z' ? static_cast<char>(x + 32) : x) == y;
  });
}

std::size_t to_size(std::string_view digits, int base) {
  std::size_t size = 0;
  const char *end = digits.data() + digits.size();
  const auto [at, error] = std::from_chars(digits.data(), end, size, base);
  if (error != std::errc() || at == digits.data())
    throw ProtocolError("length \"" + std::string(digits) + "\" in a response, expected a number");
  return size;
}

} // namespace

char *ResponseReader::prepare(std::size_t size) {
  if (buffer_.size() < filled_ + size)
    buffer_.resize(std::max(filled_ + size, 2 * buffer_.size()));
  return buffer_.data() + filled_;
}

void ResponseReader::commit(std::size_t size) {
  filled_ += size;
}

bool ResponseReader::complete() {
  if (head_ == 0 && !read_head())
    return false;
  return framing_ == Framing::chunked ? read_chunks() : filled_ >= head_ + length_;
}

std::string_view ResponseReader::body() const noexcept {
  if (framing_ == Framing::chunked)
    return chunks_;
  return std::string_view(buffer_).substr(head_, length_);
}

void ResponseReader::next() {
  if (filled_ != (framing_ == Framing::chunked ? at_ : head_ + length_))
    throw ProtocolError("bytes after the response, expected none");
  filled_ = head_ = length_ = at_ = 0;
  framing_ = Framing::length;
  chunks_.clear();
}

bool ResponseReader::read_head() {
  const std::string_view text(buffer_.data(), filled_);
  const std::size_t end = text.find("\r\n\r\n");
  if (end == std::string_view::npos)
    return false;
  head_ = end + 4;
  std::string_view lines = text.substr(0, end);
  if (!lines.starts_with("HTTP/1.1 "))
    throw ProtocolError("response begins with \"" + std::string(lines.substr(0, 20)) +
                        "\", expected HTTP/1.1");
  status_ = static_cast<unsigned>(to_size(lines.substr(9, 3), 10));
  while (true) {
    const std::size_t line = lines.find(kLineEnd);
    if (line == std::string_view::npos)
      break;
    lines.remove_prefix(line + kLineEnd.size());
    read_header(lines.substr(0, lines.find(kLineEnd)));
  }
  at_ = head_;
  return true;
}

void ResponseReader::read_header(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos)
    throw ProtocolError("header \"" + std::string(line) + "\", expected a colon in it");
  const std::string_view name = line.substr(0, colon);
  std::string_view value = line.substr(colon + 1);
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  if (same_name(name, "content-length"))
    length_ = to_size(value, 10);
  else if (same_name(name, "transfer-encoding") && same_name(value, "chunked"))
    framing_ = Framing::chunked;
  else if (same_name(name, "connection") && same_name(value, "close"))
    throw ProtocolError("the server closes the connection, expected it to be kept");
}

bool ResponseReader::read_chunks() {
  while (true) {
    const std::string_view rest = std::string_view(buffer_).substr(at_, filled_ - at_);
    const std::size_t line = rest.find(kLineEnd);
    if (line == std::string_view::npos)
      return false;
    const std::size_t size = to_size(rest.substr(0, line), 16);
    const std::size_t data = line + kLineEnd.size();
    if (rest.size() < data + size + kLineEnd.size())
      return false;
    chunks_.append(rest.substr(data, size));
    at_ += data + size + kLineEnd.size();
    if (size == 0)
      return true;
  }
}

} // namespace load
