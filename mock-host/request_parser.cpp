// SPDX-License-Identifier: Apache-2.0
#include "request_parser.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>

#include <algorithm>

namespace mistify::mock_host {

namespace http = boost::beast::http;

namespace {

constexpr std::string_view kScheme = "http://"; // begins a target as proxies write it

void append(std::string &list, boost::beast::string_view value) {
  if (!list.empty())
    list += ',';
  list.append(value.data(), value.size());
}

} // namespace

RequestParser::RequestParser(std::size_t header_limit, std::size_t body_limit)
    : header_limit_(header_limit) {
  this->header_limit(static_cast<std::uint32_t>(header_limit));
  this->body_limit(body_limit);
}

std::size_t RequestParser::feed(const char *data, std::size_t size, error_code &failed) {
  const bool in_head = !is_header_done();
  const std::size_t used = put({data, size}, failed);
  // Beast's own limit is for what one put() is given; fields that come one by one would pass it.
  if (in_head) {
    header_used_ += used;
    if (header_used_ > header_limit_ && (!failed || failed == http::error::need_more))
      failed = http::error::header_limit;
  }
  return used;
}

RequestParser::Fault RequestParser::fault() const {
  if (is_http_1_1() && hosts_ == 0)
    return {400, "missing required Host header"};
  if (hosts_ > 1)
    return {400, "more than one Host header"};
  if (content_lengths_ > 1)
    return {400, "more than one Content-Length header"};
  // Beast takes a request with another coding for one without a body.
  if (!transfer_encoding_.empty() && !boost::beast::iequals(transfer_encoding_, "chunked"))
    return {501, "Transfer-Encoding is not supported, expected chunked"};
  if (!transfer_encoding_.empty() && !is_http_1_1())
    return {400, "Transfer-Encoding in HTTP/1.0"};
  if (!expect_.empty() && !expects_continue_ && is_http_1_1())
    return {417, "Expect is not supported, expected 100-continue"};
  return {};
}

std::string RequestParser::path() const {
  std::string_view target = target_;
  if (target.starts_with(kScheme)) {
    const std::size_t end = target.find_first_of("/?", kScheme.size());
    target = end == std::string_view::npos || target[end] == '?' ? "/" : target.substr(end);
  }
  return std::string(target.substr(0, target.find('?')));
}

std::string RequestParser::host() const {
  const std::string_view target = target_;
  if (!target.starts_with(kScheme))
    return host_;
  const std::string_view rest = target.substr(kScheme.size());
  return std::string(rest.substr(0, rest.find_first_of("/?")));
}

void RequestParser::on_request_impl(http::verb, string_view method, string_view target, int version,
                                    error_code &) {
  method_.assign(method.data(), method.size());
  target_.assign(target.data(), target.size());
  version_ = version;
}

void RequestParser::on_field_impl(http::field name, string_view name_text, string_view value,
                                  error_code &) {
  if (is_header_done()) // a trailer
    return;
  switch (name) {
  case http::field::host:
    ++hosts_;
    host_.assign(value.data(), value.size());
    break;
  case http::field::content_length:
    ++content_lengths_;
    break;
  case http::field::content_type:
    content_type_.assign(value.data(), value.size());
    break;
  case http::field::transfer_encoding:
    append(transfer_encoding_, value);
    break;
  case http::field::origin:
    append(origin_, value);
    break;
  case http::field::authorization:
    append(authorization_, value);
    break;
  case http::field::expect:
    expect_.assign(value.data(), value.size());
    expects_continue_ = boost::beast::iequals(value, "100-continue");
    break;
  default:
    if (boost::beast::iequals(name_text, "X-Request-Id"))
      request_id_.assign(value.data(), value.size());
    break;
  }
}

void RequestParser::on_header_impl(error_code &) {
  expects_continue_ = expects_continue_ && is_http_1_1();
}

void RequestParser::on_body_init_impl(const boost::optional<std::uint64_t> &length, error_code &) {
  if (length) // within the limit, and no more than the first part of it on trust
    body_.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(*length, 64U << 10U)));
}

std::size_t RequestParser::on_body_impl(string_view data, error_code &) {
  body_.append(data.data(), data.size());
  return data.size();
}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t, string_view data, error_code &) {
  body_.append(data.data(), data.size());
  return data.size();
}

} // namespace mistify::mock_host
