// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mdocker::image {

inline constexpr std::uint16_t kHttpPort = 80;
inline constexpr std::uint16_t kHttpsPort = 443;

/// Where the image service is, as it was configured.
struct ServiceAddress {
  std::string scheme = "http";                        ///< Or "https".
  std::string host = "images.service.lochness.local"; ///< Without brackets for IPv6.
  std::uint16_t port =
      0;            ///< 0: none was given and the form is HOST, so that the name is looked up.
  std::string path; ///< Of a URL, without a slash at its end; may be empty.

  /// As it was given: what messages name.
  std::string name = "images.service.lochness.local";

  /// Reads HOST, HOST:PORT, or "http://" or "https://" with HOST[:PORT][/PATH]. HOST is a name, an
  /// IPv4 address or an IPv6 address in brackets. Throws std::invalid_argument.
  static ServiceAddress parse(std::string_view text);
};

/// Reads the address of a name server, ADDRESS or ADDRESS:PORT, with brackets around IPv6, and
/// gives it back with its port. Throws std::invalid_argument.
std::string parse_resolver(std::string_view text);

} // namespace mdocker::image
