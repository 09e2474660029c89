// SPDX-License-Identifier: Apache-2.0
#include "http_head.hpp"

#include <boost/beast/http/status.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <ctime>
#include <random>

namespace mistify::mock_host {
namespace {

/// The Date header's value, made anew once a second.
std::string_view http_date() {
  static std::time_t made = 0;
  static std::array<char, 40> text{};
  const std::time_t now = std::time(nullptr);
  if (now != made) {
    made = now;
    std::tm parts{};
    gmtime_r(&now, &parts);
    std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  }
  return text.data();
}

/// Unique in this process, and most likely among several: a counter from a random start, through a
/// bijection that makes neighbours look different (SplitMix64).
std::string new_trace_id() {
  static std::uint64_t counter = [] {
    std::random_device random;
    return (std::uint64_t{random()} << 32U) ^ random();
  }();
  std::uint64_t z = counter += 0x9E3779B97F4A7C15ULL;
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
  z ^= z >> 31U;
  std::string out(16, '0');
  for (std::size_t i = out.size(); i-- > 0; z >>= 4U)
    out[i] = "0123456789abcdef"[z & 0xFU];
  return out;
}

void add(std::string &out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

} // namespace

std::string reply_head(const HttpReply &reply, const HeadOptions &options) {
  std::string out;
  out.reserve(256);
  out += options.http_1_1 ? "HTTP/1.1 " : "HTTP/1.0 ";
  out += std::to_string(reply.status);
  out += ' ';
  const auto reason =
      boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(reply.status));
  out.append(reason.data(), reason.size());
  out += "\r\n";
  if (!reply.content_type.empty())
    add(out, "Content-Type", reply.content_type);
  if (!reply.allow.empty())
    add(out, "Allow", reply.allow);
  if (!reply.challenge.empty())
    add(out, "WWW-Authenticate", reply.challenge);
  if (reply.status != 204)
    add(out, "Content-Length", std::to_string(reply.length()));
  if (!options.trace_id.empty())
    add(out, "X-Request-Id", options.trace_id);
  add(out, "Date", http_date());
  if (options.http_1_1 != options.keep_alive) // where it is not the version's own way
    add(out, "Connection", options.keep_alive ? "keep-alive" : "close");
  out += "\r\n";
  return out;
}

std::string trace_id_for(std::string_view given) {
  constexpr std::size_t kLongest = 128;
  const bool usable =
      !given.empty() && given.size() <= kLongest &&
      std::all_of(given.begin(), given.end(), [](char c) { return c >= ' ' && c <= '~'; });
  return usable ? std::string(given) : new_trace_id();
}

} // namespace mistify::mock_host
