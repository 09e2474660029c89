// SPDX-License-Identifier: Apache-2.0
#include "checks.hpp"

#include "../error.hpp"

#include <json.hpp>

#include <algorithm>
#include <bit>
#include <charconv>
#include <map>

#include <arpa/inet.h>
#include <net/if.h>

namespace mdocker::network {
namespace {

constexpr std::size_t kLongestName = IFNAMSIZ - 1;
constexpr std::int64_t kHighestVlan = 4095;
constexpr unsigned kBits4 = 32;
constexpr unsigned kBits6 = 128;

class Field {
public:
  Field(std::size_t nic, std::string_view name)
      : path_("guest.nics[" + std::to_string(nic) + "]." + std::string(name)) {}

  [[noreturn]] void wrong(std::string_view expected, std::string_view got) const {
    constexpr std::size_t kShown = 40;
    throw Error(Kind::invalid, path_ + ": expected " + std::string(expected) + ", got " +
                                   mistify::json::quoted(got.substr(0, kShown)) +
                                   (got.size() > kShown ? "..." : ""));
  }

private:
  std::string path_;
};

// What the kernel takes for an interface, and Open vSwitch for a bridge.
bool is_link_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= kLongestName && name != "." && name != ".." &&
         std::all_of(name.begin(), name.end(), [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return byte > ' ' && byte < 0x7F && c != '/' && c != ':';
         });
}

constexpr std::string_view kLinkName =
    "1 to 15 characters of ASCII without '/', ':' and white space, not \".\" or \"..\"";

// names: those of the NICs before it.
void check_name(std::size_t i, std::string_view name,
                std::map<std::string_view, std::size_t> &names) {
  const Field field(i, "name");
  if (!is_link_name(name))
    field.wrong(kLinkName, name);
  if (name == "lo")
    field.wrong("another name than the loopback's", name);
  const auto [other, first] = names.emplace(name, i);
  if (!first)
    field.wrong("a name of its own, and guest.nics[" + std::to_string(other->second) +
                    "] has this one",
                name);
}

int hex(char c) noexcept {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void check_mac(std::size_t nic, std::string_view text) {
  constexpr std::string_view kMac = "a MAC address of six octets, such as \"52:54:00:12:34:56\"";
  const Field field(nic, "mac");
  const std::optional<Mac> mac = parse_mac(text);
  if (!mac)
    field.wrong(kMac, text);
  if ((mac->front() & 1U) != 0)
    field.wrong("a unicast MAC address (its first octet even)", text);
  if (std::all_of(mac->begin(), mac->end(), [](unsigned char octet) { return octet == 0; }))
    field.wrong("a MAC address that is not all zero", text);
}

void check_addresses(std::size_t i, const Nic &nic) {
  std::optional<Address> address;
  if (!nic.address.empty() && !(address = parse_address(nic.address)))
    Field(i, "address").wrong("an IPv4 or IPv6 address", nic.address);
  if (!nic.netmask.empty()) {
    const bool fits =
        address ? parse_netmask(nic.netmask, address->family).has_value()
                : parse_netmask(nic.netmask, AF_INET) || parse_netmask(nic.netmask, AF_INET6);
    if (!fits)
      Field(i, "netmask")
          .wrong("a netmask such as \"255.255.255.0\", or a prefix length", nic.netmask);
  }
  if (nic.gateway.empty())
    return;
  const std::optional<Address> gateway = parse_address(nic.gateway);
  if (!gateway)
    Field(i, "gateway").wrong("an IPv4 or IPv6 address", nic.gateway);
  if (address && address->family != gateway->family)
    Field(i, "gateway").wrong("an address of the same family as the NIC's own", nic.gateway);
}

void check_static(const std::vector<Nic> &nics) {
  std::map<int, std::size_t> gateways;
  for (std::size_t i = 0; i < nics.size(); ++i) {
    const Nic &nic = nics[i];
    if (nic.address.empty() && !nic.netmask.empty())
      Field(i, "address").wrong("an address beside the netmask", nic.address);
    if (nic.address.empty() && !nic.gateway.empty())
      Field(i, "address").wrong("an address beside the gateway", nic.address);
    if (!nic.address.empty() && nic.netmask.empty())
      Field(i, "netmask").wrong("a netmask beside the address", nic.netmask);
    if (nic.gateway.empty())
      continue;
    const auto [other, first] = gateways.emplace(parse_address(nic.gateway)->family, i);
    if (!first)
      Field(i, "gateway")
          .wrong("one default route, and guest.nics[" + std::to_string(other->second) +
                     "] has one already",
                 nic.gateway);
  }
}

} // namespace

unsigned Address::size() const noexcept {
  return family == AF_INET ? kBits4 / 8 : kBits6 / 8;
}

Mac usual_mac(std::string_view container, std::string_view nic) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325U; // FNV-1a
  for (const std::string_view text : {container, std::string_view("/"), nic})
    for (const char c : text)
      hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  Mac mac{};
  for (unsigned char &octet : mac) {
    octet = static_cast<unsigned char>(hash & 0xFFU);
    hash >>= 8U;
  }
  constexpr unsigned kLocal = 2;
  constexpr unsigned kMulticast = 1;
  mac.front() = static_cast<unsigned char>((mac.front() | kLocal) & ~kMulticast);
  return mac;
}

std::optional<Mac> parse_mac(std::string_view text) noexcept {
  constexpr std::size_t kOctet = 3; // two digits and a colon
  Mac mac{};
  if (text.size() != mac.size() * kOctet - 1)
    return std::nullopt;
  for (std::size_t i = 0; i < mac.size(); ++i) {
    const int high = hex(text[i * kOctet]);
    const int low = hex(text[i * kOctet + 1]);
    if (high < 0 || low < 0 || (i + 1 < mac.size() && text[i * kOctet + 2] != ':'))
      return std::nullopt;
    mac[i] = static_cast<unsigned char>(high * 16 + low);
  }
  return mac;
}

std::optional<Address> parse_address(const std::string &text) noexcept {
  Address address;
  for (const int family : {AF_INET, AF_INET6}) {
    address.family = family;
    if (text.find('\0') == std::string::npos &&
        inet_pton(family, text.c_str(), address.bytes.data()) == 1)
      return address;
  }
  return std::nullopt;
}

std::optional<unsigned> parse_netmask(const std::string &text, int family) noexcept {
  const unsigned most = family == AF_INET ? kBits4 : kBits6;
  unsigned length = 0;
  const char *const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, length);
  if (error == std::errc() && at == end)
    return length >= 1 && length <= most ? std::optional(length) : std::nullopt;
  const std::optional<Address> mask = parse_address(text);
  if (!mask || mask->family != AF_INET || family != AF_INET)
    return std::nullopt;
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < kBits4 / 8; ++i)
    bits = bits << 8U | mask->bytes[i];
  const auto ones = static_cast<unsigned>(std::countl_one(bits));
  if (ones == 0 || static_cast<unsigned>(std::popcount(bits)) != ones)
    return std::nullopt;
  return ones;
}

void check_form(const std::vector<Nic> &nics) {
  std::map<std::string_view, std::size_t> names;
  for (std::size_t i = 0; i < nics.size(); ++i) {
    const Nic &nic = nics[i];
    if (!nic.name.empty())
      check_name(i, nic.name, names);
    if (!nic.network.empty() && !is_link_name(nic.network))
      Field(i, "network").wrong("a bridge's name, " + std::string(kLinkName), nic.network);
    if (!nic.mac.empty())
      check_mac(i, nic.mac);
    check_addresses(i, nic);
    for (const std::int64_t vlan : nic.vlans)
      if (vlan < 0 || vlan > kHighestVlan)
        Field(i, "vlans").wrong("VLANs from 0 to 4095", std::to_string(vlan));
  }
}

void check_complete(const std::vector<Nic> &nics, bool static_addresses) {
  check_form(nics);
  for (std::size_t i = 0; i < nics.size(); ++i) {
    if (nics[i].name.empty())
      Field(i, "name").wrong(kLinkName, nics[i].name);
    if (nics[i].network.empty())
      Field(i, "network").wrong("a bridge's name", nics[i].network);
  }
  if (static_addresses)
    check_static(nics);
}

} // namespace mdocker::network
