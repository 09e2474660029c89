// SPDX-License-Identifier: Apache-2.0
//
// Messages of the DNS, as far as a test's server needs them (RFC 1035).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mdocker::test {

inline constexpr std::uint16_t kDnsA = 1;
inline constexpr std::uint16_t kDnsCname = 5;
inline constexpr std::uint16_t kDnsAaaa = 28;
inline constexpr std::uint16_t kDnsSrv = 33;

struct DnsQuestion {
  std::string message; ///< The whole query.
  bool tcp = false;

  [[nodiscard]] std::string name() const; ///< Without the final dot.
  [[nodiscard]] std::uint16_t type() const;
};

struct DnsRecord {
  std::string owner;
  std::uint16_t type = 0;
  std::uint32_t ttl = 60;
  std::string data;
};

/// A name in labels; "" or "." is the root.
std::string dns_name(std::string_view name);
std::string dns_u16(std::uint16_t number);

struct SrvData {
  std::uint16_t priority = 0;
  std::uint16_t weight = 0;
  std::uint16_t port = 0;
  std::string target;
};
DnsRecord srv_record(const std::string &owner, const SrvData &data, std::uint32_t ttl = 60);
/// The bytes of an IPv4 address in dotted form.
DnsRecord a_record(const std::string &owner, const std::string &address);

enum class Rcode : std::uint8_t { ok, format, failure, no_name, not_implemented, refused };
/// The reply to a question; tc: it says that it is cut short.
std::string dns_reply(const DnsQuestion &question, Rcode rcode,
                      const std::vector<DnsRecord> &records = {}, bool tc = false);

} // namespace mdocker::test
