// SPDX-License-Identifier: Apache-2.0
//
// SRV records (RFC 2782), from a name server's reply to the order in which to try them.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace mdocker::runtime {

struct SrvRecord {
  std::uint16_t priority = 0;
  std::uint16_t weight = 0;
  std::uint16_t port = 0;
  std::string target; ///< Without the final dot; empty: the service is decidedly not available.
};

struct SrvRecords {
  std::vector<SrvRecord> records;
  std::chrono::seconds kept{0}; ///< The least TTL of what was answered.
};

/// Reads the answer section of a reply. Throws std::invalid_argument that says what is wrong with
/// it: cut short, more records than anybody has, a port 0, a target that is no host.
SrvRecords parse_srv(std::string_view reply);

/// A number from 0 to most.
using Random = std::function<std::uint32_t(std::uint32_t most)>;

/// By priority, and drawn by weight where it is the same.
std::vector<SrvRecord> in_order(std::vector<SrvRecord> records, const Random &random);

} // namespace mdocker::runtime
