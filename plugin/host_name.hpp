// SPDX-License-Identifier: Apache-2.0
//
// The parts of an address that is given by hand, or by a name server.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mdocker {

/// A host's name in dotted labels, with or without the final dot, or an IPv4 address. What looks
/// like such an address and is none ("10.0.0.256", "127.1") is no name either.
bool is_host(std::string_view text);
/// Without brackets.
bool is_ipv6(std::string_view text);
/// An IPv4 or IPv6 address: nothing to look up.
bool is_address(std::string_view text);

/// A decimal number from 1 to 65535, and nothing beside it.
std::optional<std::uint16_t> port_number(std::string_view text) noexcept;

/// "HOST:PORT" as URLs have it, with brackets around an IPv6 address.
std::string authority(std::string_view host, unsigned port);

/// What CURLOPT_RESOLVE takes: the addresses of a host, of which libcurl need not ask then.
std::string resolve_entry(std::string_view host, unsigned port,
                          std::span<const std::string> addresses);

} // namespace mdocker
