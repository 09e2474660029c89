// SPDX-License-Identifier: Apache-2.0
#include "request.hpp"

#include <algorithm>
#include <charconv>

namespace mdocker::test {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  });
  return out;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::size_t number(std::string_view text, int base) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end == text.data())
    throw RequestReader::Malformed("no length: '" + std::string(text) + "'");
  return value;
}

// "/v1.41/info" is "/info" of version "1.41".
void split_version(Request &request) {
  const std::string &sent = request.sent_target;
  const auto slash = sent.find('/', 1);
  const bool versioned = sent.starts_with("/v") && slash != std::string::npos &&
                         sent.find_first_not_of("0123456789.", 2) == slash;
  request.version = versioned ? sent.substr(2, slash - 2) : std::string();
  request.target = versioned ? sent.substr(slash) : sent;
}

} // namespace

std::optional<std::string> Request::parameter(std::string_view name) const {
  auto at = target.find('?');
  while (at != std::string::npos) {
    const auto end = target.find('&', ++at);
    const std::string_view pair =
        std::string_view(target).substr(at, end == std::string::npos ? end : end - at);
    if (pair.substr(0, pair.find('=')) == name)
      return std::string(pair.size() > name.size() ? pair.substr(name.size() + 1) : "");
    at = end;
  }
  return std::nullopt;
}

std::string Request::header(std::string_view lower_case_name) const {
  const auto found = std::find_if(headers.begin(), headers.end(), [&](const auto &header) {
    return header.first == lower_case_name;
  });
  return found == headers.end() ? std::string() : found->second;
}

bool Request::is_ping() const {
  return path() == "/_ping" || path() == "/version";
}

std::optional<Request> RequestReader::next() {
  if (!request_ && !read_head())
    return std::nullopt;
  if (chunked_) {
    if (!read_chunks())
      return std::nullopt;
  } else {
    if (buffer_.size() < length_)
      return std::nullopt;
    request_->body = buffer_.substr(0, length_);
    buffer_.erase(0, length_);
  }
  request_->time = std::chrono::steady_clock::now();
  return std::exchange(request_, std::nullopt);
}

const Request *RequestReader::begun() {
  return request_ && !std::exchange(shown_, true) ? &*request_ : nullptr;
}

bool RequestReader::wants_continue() {
  return request_ && !std::exchange(continued_, true) && lower(header("expect")) == "100-continue";
}

bool RequestReader::read_head() {
  const auto end = buffer_.find("\r\n\r\n");
  if (end == std::string::npos)
    return false;
  const std::string head = buffer_.substr(0, end + kLineEnd.size());
  buffer_.erase(0, end + 2 * kLineEnd.size());
  const std::string line = head.substr(0, head.find(kLineEnd));
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string::npos || first == last || !line.substr(last).starts_with(" HTTP/1."))
    throw Malformed("no request line: '" + line + "'");
  request_.emplace();
  request_->method = line.substr(0, first);
  request_->sent_target = line.substr(first + 1, last - first - 1);
  split_version(*request_);
  for (auto at = line.size() + kLineEnd.size(); at < head.size();) {
    const auto stop = head.find(kLineEnd, at);
    const std::string_view field = std::string_view(head).substr(at, stop - at);
    const auto colon = field.find(':');
    if (colon == std::string_view::npos)
      throw Malformed("no header: '" + std::string(field) + "'");
    request_->headers.emplace_back(lower(field.substr(0, colon)), trimmed(field.substr(colon + 1)));
    at = stop + kLineEnd.size();
  }
  shown_ = false;
  continued_ = false;
  chunked_ = lower(header("transfer-encoding")) == "chunked";
  const std::string length = header("content-length");
  length_ = length.empty() ? 0 : number(length, 10);
  return true;
}

// Takes what is there off the buffer; true at the end of the body. There are no trailers.
bool RequestReader::read_chunks() {
  for (;;) {
    const auto end = buffer_.find(kLineEnd);
    if (end == std::string::npos)
      return false;
    const std::size_t size = number(std::string_view(buffer_).substr(0, end), 16);
    const std::size_t begin = end + kLineEnd.size();
    if (buffer_.size() < begin + size + kLineEnd.size())
      return false;
    request_->body.append(buffer_, begin, size);
    buffer_.erase(0, begin + size + kLineEnd.size());
    if (size == 0)
      return true;
  }
}

} // namespace mdocker::test
