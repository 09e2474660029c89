// SPDX-License-Identifier: Apache-2.0
#include "host_name.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <charconv>

namespace mdocker {
namespace {

namespace ip = boost::asio::ip;

constexpr std::size_t kLongestName = 253;
constexpr std::size_t kLongestLabel = 63;

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

bool is_label(std::string_view label) noexcept {
  return !label.empty() && label.size() <= kLongestLabel && label.front() != '-' &&
         label.back() != '-' && std::all_of(label.begin(), label.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '-' ||
                  c == '_';
         });
}

bool is_ipv4(std::string_view text) {
  boost::system::error_code bad;
  ip::make_address_v4(text, bad);
  return !bad;
}

} // namespace

bool is_host(std::string_view text) {
  std::string_view rest = text;
  if (rest.ends_with('.'))
    rest.remove_suffix(1);
  if (rest.empty() || rest.size() > kLongestName)
    return false;
  for (;;) {
    const std::size_t dot = rest.find('.');
    const std::string_view label = rest.substr(0, dot);
    if (!is_label(label))
      return false;
    if (dot == std::string_view::npos)
      return !std::all_of(label.begin(), label.end(), is_digit) || is_ipv4(text);
    rest.remove_prefix(dot + 1);
  }
}

bool is_ipv6(std::string_view text) {
  // The parser would stop at a NUL byte, and takes anything for a zone.
  constexpr std::string_view kMarks = ":.%_-";
  if (!std::all_of(text.begin(), text.end(), [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) ||
               kMarks.find(c) != std::string_view::npos;
      }))
    return false;
  boost::system::error_code bad;
  ip::make_address_v6(text, bad);
  return !bad;
}

bool is_address(std::string_view text) {
  return is_ipv4(text) || is_ipv6(text);
}

std::optional<std::uint16_t> port_number(std::string_view text) noexcept {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0)
    return std::nullopt;
  return port;
}

std::string authority(std::string_view host, unsigned port) {
  const bool v6 = host.find(':') != std::string_view::npos;
  return (v6 ? "[" + std::string(host) + "]" : std::string(host)) + ":" + std::to_string(port);
}

std::string resolve_entry(std::string_view host, unsigned port,
                          std::span<const std::string> addresses) {
  std::string entry = "+" + std::string(host) + ":" + std::to_string(port) + ":";
  for (const std::string &address : addresses)
    entry += (&address == addresses.data() ? "" : ",") +
             (is_ipv6(address) ? "[" + address + "]" : address);
  return entry;
}

} // namespace mdocker
