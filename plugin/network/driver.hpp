// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../log.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mdocker::network {

namespace asio = boost::asio;
using Deadline = std::chrono::steady_clock::time_point;

/// A guest's interface, as it is wanted.
struct Nic {
  std::string name;    ///< Inside the guest.
  std::string network; ///< The bridge.
  std::string mac;
  std::string address, netmask, gateway;
  std::vector<std::int64_t> vlans;

  bool operator==(const Nic &) const = default;
};

/// The guest whose NICs are plugged or unplugged.
struct Port {
  std::string guest;     ///< The guest's id.
  std::string container; ///< The container's full id.
  std::int64_t pid = 0;  ///< Of its first process; 0 where it does not run.
};

/// Connects guests to their networks. Runs on the plugin's event loop; what blocks goes elsewhere.
class Driver {
public:
  virtual ~Driver() = default;
  /// Plugs every NIC of a running guest, or none (throws Error).
  virtual asio::awaitable<void> plug(const Port &guest, const std::vector<Nic> &nics,
                                     Deadline deadline) = 0;
  /// Removes whatever is plugged for the guest. What is gone already is no error.
  virtual asio::awaitable<void> unplug(const Port &guest, Deadline deadline) = 0;
};

/// The driver "none": NICs are recorded by whoever calls, and plugged nowhere; the log says so.
std::unique_ptr<Driver> make_none(const Log &log);

} // namespace mdocker::network
