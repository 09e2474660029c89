// SPDX-License-Identifier: Apache-2.0
//
// Whether NICs can be plugged as they are asked for.
#pragma once

#include "driver.hpp"

#include <array>
#include <optional>

namespace mdocker::network {

/// Throws Error (invalid) for a field that holds something which can never be plugged:
/// "guest.nics[1].mac: expected ..., got ...". No two have the same name. A name, a network and
/// whatever else is empty passes.
void check_form(const std::vector<Nic> &nics);

/// The same before NICs are plugged: each needs a name and a network. static_addresses: whether
/// addresses will be set, and so need what belongs to them.
void check_complete(const std::vector<Nic> &nics, bool static_addresses);

/// A NIC's address, as the kernel takes it.
struct Address {
  int family = 0; ///< AF_INET or AF_INET6.
  std::array<unsigned char, 16> bytes{};
  unsigned prefix = 0; ///< Of an address with its netmask.

  [[nodiscard]] unsigned size() const noexcept;
};

using Mac = std::array<unsigned char, 6>;

/// The address of a NIC for which none is asked: the same at each start of a container, so that
/// those who have talked to it before reach it at once; locally administered.
Mac usual_mac(std::string_view container, std::string_view nic) noexcept;

/// Each returns nothing where the text is none. A netmask is "255.255.255.0" or a prefix length.
std::optional<Mac> parse_mac(std::string_view text) noexcept;
std::optional<Address> parse_address(const std::string &text) noexcept;
std::optional<unsigned> parse_netmask(const std::string &text, int family) noexcept;

} // namespace mdocker::network
