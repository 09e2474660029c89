// SPDX-License-Identifier: Apache-2.0
#include "reply.hpp"

#include <algorithm>
#include <utility>

namespace mdocker::test {
namespace {

// What most statuses are called; a client does not read it.
std::string_view reason(unsigned status) {
  switch (status) {
  case 200:
    return "OK";
  case 201:
    return "Created";
  case 204:
    return "No Content";
  case 304:
    return "Not Modified";
  case 400:
    return "Bad Request";
  case 404:
    return "Not Found";
  case 409:
    return "Conflict";
  default:
    return "Internal Server Error";
  }
}

std::string head_without_length(unsigned status, const std::string &api_version) {
  return "HTTP/1.1 " + std::to_string(status) + " " + std::string(reason(status)) +
         "\r\nApi-Version: " + api_version +
         "\r\nOstype: linux\r\nServer: Docker/20.10.24 (linux)\r\nContent-Type: "
         "application/json\r\n";
}

// Cuts a step that sends; gives how many bytes it has now. Others have none.
std::uint64_t cut(Reply::Step &step, std::uint64_t most) {
  if (auto *send = std::get_if<Reply::Send>(&step)) {
    send->bytes.resize(std::min<std::uint64_t>(send->bytes.size(), most));
    return send->bytes.size();
  }
  if (auto *drip = std::get_if<Reply::Drip>(&step)) {
    drip->bytes.resize(std::min<std::uint64_t>(drip->bytes.size(), most));
    return drip->bytes.size();
  }
  if (auto *fill = std::get_if<Reply::Fill>(&step)) {
    fill->count = std::min(fill->count, most);
    return fill->count;
  }
  return 0;
}

} // namespace

Reply &Reply::send(std::string bytes) {
  steps_.emplace_back(Send{std::move(bytes)});
  return *this;
}
Reply &Reply::fill(std::uint64_t count, char byte) {
  steps_.emplace_back(Fill{count, byte});
  return *this;
}
Reply &Reply::drip(std::string bytes, std::size_t at_a_time, std::chrono::milliseconds every) {
  steps_.emplace_back(Drip{std::move(bytes), std::max<std::size_t>(at_a_time, 1), every});
  return *this;
}
Reply &Reply::wait(std::chrono::milliseconds time) {
  steps_.emplace_back(Pause{time});
  return *this;
}
Reply &Reply::wait(Gate gate) {
  steps_.emplace_back(Await{std::move(gate)});
  return *this;
}
Reply &Reply::then(std::function<Reply()> next) {
  steps_.emplace_back(Then{std::move(next)});
  return *this;
}
Reply &Reply::reset() {
  steps_.emplace_back(End::reset);
  return *this;
}
Reply &Reply::close() {
  steps_.emplace_back(End::close);
  return *this;
}
Reply &Reply::half_close() {
  steps_.emplace_back(End::half_close);
  return *this;
}
Reply &Reply::hang() {
  steps_.emplace_back(End::hang);
  return *this;
}

Reply &Reply::first(std::uint64_t count) {
  for (Step &step : steps_)
    count -= cut(step, count);
  return *this;
}

std::uint64_t Reply::size() const {
  std::uint64_t sum = 0;
  for (const Step &step : steps_)
    if (const auto *send = std::get_if<Send>(&step))
      sum += send->bytes.size();
    else if (const auto *drip = std::get_if<Drip>(&step))
      sum += drip->bytes.size();
    else if (const auto *fill = std::get_if<Fill>(&step))
      sum += fill->count;
  return sum;
}

std::string message_body(std::string_view message) {
  std::string out = R"({"message":")";
  for (const char c : message) {
    if (c == '"' || c == '\\')
      out += '\\';
    out += c;
  }
  return out + "\"}";
}

std::string head(unsigned status, std::uint64_t length, const std::string &api_version) {
  return head_without_length(status, api_version) + "Content-Length: " + std::to_string(length) +
         "\r\n\r\n";
}

std::string http(unsigned status, const std::string &body, const std::string &api_version) {
  if (status == 204 || status == 304)
    return head_without_length(status, api_version) + "\r\n";
  return head(status, body.size(), api_version) + body;
}

Reply answer(unsigned status, const std::string &body, const std::string &api_version) {
  return Reply().send(http(status, body, api_version));
}

Reply refusal(unsigned status, std::string_view message, const std::string &api_version) {
  return answer(status, message_body(message), api_version);
}

Reply version_too_new(const std::string &asked, const std::string &newest) {
  return refusal(
      400, "client version " + asked + " is too new. Maximum supported API version is " + newest,
      newest);
}

Reply version_too_old(const std::string &asked, const std::string &oldest,
                      const std::string &newest) {
  return refusal(400,
                 "client version " + asked + " is too old. Minimum supported API version is " +
                     oldest + ", please upgrade your client to a newer version",
                 newest);
}

Reply wrong_length(unsigned status, const std::string &body, std::uint64_t length) {
  return Reply().send(head(status, length) + body);
}

Reply huge(std::uint64_t length, char byte) {
  return Reply().send(head(200, length)).fill(length, byte);
}

Reply garbage() {
  return Reply().send(std::string("\x16\x03\x01\x00\xff garbage \x80\r\n\r\n", 19));
}

std::string chunked_head(unsigned status, const std::string &api_version) {
  return head_without_length(status, api_version) + "Transfer-Encoding: chunked\r\n\r\n";
}

std::string chunk(std::string_view data) {
  std::string size;
  for (std::size_t left = data.size(); left != 0; left /= 16)
    size.insert(size.begin(), "0123456789abcdef"[left % 16]);
  return size.append("\r\n").append(data).append("\r\n");
}

Reply chunked(unsigned status, const std::vector<std::string> &chunks) {
  std::string bytes = chunked_head(status);
  for (const std::string &data : chunks)
    bytes += chunk(data);
  return Reply().send(bytes + kLastChunk);
}

Reply error_in_stream(const std::vector<std::string> &before, std::string_view message) {
  const std::string object = message_body(message);
  const std::string text = object.substr(object.find(':') + 1, object.size() - 12);
  std::vector<std::string> chunks = before;
  chunks.push_back(R"({"errorDetail":)" + object + R"(,"error":)" + text + "}\r\n");
  return chunked(200, chunks);
}

Reply cut_chunk(unsigned status, const std::string &data, std::size_t sent) {
  const std::string whole = chunk(data);
  const std::size_t framing = whole.find("\r\n") + 2;
  return Reply().send(chunked_head(status) + whole.substr(0, framing + sent));
}

} // namespace mdocker::test
