// SPDX-License-Identifier: Apache-2.0
#include "service_address.hpp"

#include "../host_name.hpp"

#include <utf8.hpp>

#include <algorithm>
#include <stdexcept>

namespace mdocker::image {
namespace {

constexpr std::uint16_t kDnsPort = 53;

// A key of the configuration, what was given for it, and what should have been.
struct Given {
  std::string_view key;
  std::string_view text;
  std::string_view expected;

  [[noreturn]] void refuse(const std::string &why) const {
    constexpr std::size_t kShown = 300;
    throw std::invalid_argument(std::string(key) + " \"" + mistify::json::one_line(text, kShown) +
                                "\": " + why + "; expected " + std::string(expected));
  }
};

struct HostPort {
  std::string host;
  std::uint16_t port = 0; // 0 where none is given
};

std::uint16_t read_port(const Given &given, std::string_view text) {
  const auto port = port_number(text);
  if (!port)
    given.refuse("the port is no number from 1 to 65535");
  return *port;
}

HostPort read_bracketed(const Given &given, std::string_view text) {
  const std::size_t end = text.find(']');
  if (end == std::string_view::npos || !is_ipv6(text.substr(1, end - 1)))
    given.refuse("what stands in brackets is no IPv6 address");
  HostPort read{std::string(text.substr(1, end - 1)), 0};
  text.remove_prefix(end + 1);
  if (text.empty())
    return read;
  if (text.front() != ':')
    given.refuse("something other than a port follows the brackets");
  read.port = read_port(given, text.substr(1));
  return read;
}

HostPort read_host_port(const Given &given, std::string_view text) {
  if (text.starts_with('['))
    return read_bracketed(given, text);
  if (is_ipv6(text))
    given.refuse("an IPv6 address stands in brackets");
  const std::size_t colon = text.find(':');
  const std::string_view host = text.substr(0, colon);
  if (host.empty())
    given.refuse("names no host");
  if (!is_host(host))
    given.refuse("the host is no name or address");
  return {std::string(host), colon == std::string_view::npos
                                 ? std::uint16_t{0}
                                 : read_port(given, text.substr(colon + 1))};
}

bool take_scheme(std::string_view &rest, std::string_view scheme) {
  const std::string_view begin = rest.substr(0, scheme.size());
  if (!std::equal(begin.begin(), begin.end(), scheme.begin(), scheme.end(),
                  [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + ('a' - 'A') : a) == b; }))
    return false;
  rest.remove_prefix(scheme.size());
  return true;
}

// What may stand in a path as it is (RFC 3986: pchar and the slash), where percent signs begin an
// encoded byte.
bool is_path(std::string_view path) {
  constexpr std::string_view kOther = "/-._~!$&'()*+,;=:@";
  const auto is_hex = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  };
  for (std::size_t i = 0; i < path.size(); ++i) {
    const char c = path[i];
    if (c == '%' && path.size() - i > 2 && is_hex(path[i + 1]) && is_hex(path[i + 2]))
      i += 2;
    else if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               kOther.find(c) != std::string_view::npos))
      return false;
  }
  return true;
}

std::string read_path(const Given &given, std::string_view path) {
  if (path.find_first_of("?#") != std::string_view::npos)
    given.refuse("a query or fragment has no place in it");
  if (!is_path(path))
    given.refuse("the path holds what a URL cannot, or a '%' without two hexadecimal digits");
  if ((std::string(path) + "/").find("/../") != std::string::npos ||
      (std::string(path) + "/").find("/./") != std::string::npos)
    given.refuse("the path holds \".\" or \"..\"");
  while (path.ends_with('/'))
    path.remove_suffix(1);
  return std::string(path);
}

} // namespace

ServiceAddress ServiceAddress::parse(std::string_view text) {
  const Given given{"image_service", text, "HOST, HOST:PORT, http://HOST or https://HOST"};
  ServiceAddress address;
  address.name = text;
  std::string_view rest = text;
  const bool https = take_scheme(rest, "https://");
  const bool url = https || take_scheme(rest, "http://");
  if (!url && rest.find("://") != std::string_view::npos)
    given.refuse("the scheme is neither http nor https");
  const std::size_t slash = rest.find_first_of("/?#");
  if (!url && slash != std::string_view::npos)
    given.refuse("a path needs \"http://\" or \"https://\" before the host");
  if (rest.substr(0, slash).find('@') != std::string_view::npos)
    given.refuse("a user has no place in it");
  HostPort read = read_host_port(given, rest.substr(0, slash));
  address.host = std::move(read.host);
  address.port = read.port;
  if (!url)
    return address;
  if (https)
    address.scheme = "https";
  if (address.port == 0)
    address.port = https ? kHttpsPort : kHttpPort;
  if (slash != std::string_view::npos)
    address.path = read_path(given, rest.substr(slash));
  return address;
}

std::string parse_resolver(std::string_view text) {
  const Given given{"image_resolver", text, "ADDRESS or ADDRESS:PORT of a name server"};
  const HostPort read = read_host_port(given, text);
  if (!is_address(read.host))
    given.refuse("the host is no address");
  return authority(read.host, read.port == 0 ? kDnsPort : read.port);
}

} // namespace mdocker::image
