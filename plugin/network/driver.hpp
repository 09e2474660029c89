// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../log.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
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
  /// Whether it is known to be made with NICs, and was started since: then an unplug that cannot
  /// look is a failure.
  bool may_have_ports = false;
};

/// The ids by which a guest's ports may be found: also those that other tools name it by.
std::vector<std::string> guest_ids(const Port &guest);

/// A guest's port, as whoever made it has left it.
struct Plugged {
  std::string guest;    ///< Whose it is: mostly a guest's id, or a container's, full or its begin.
  std::string instance; ///< Which instance has made it; empty where that was none of ours.
  std::string name;
};

/// What is seen of a guest's network.
struct Seen {
  std::vector<std::string> ports; ///< By name: whatever is plugged for it.
  bool differs = false;           ///< Of one that runs: plug() would change something.
};

/// Something has changed in what is plugged.
struct Changed {
  bool all = false;             ///< Whatever it was: nobody has looked for a while.
  std::set<std::string> guests; ///< As in Plugged.
};

/// Connects guests to their networks. Runs on the plugin's event loop; what blocks goes elsewhere.
class Driver {
public:
  virtual ~Driver() = default;
  /// Whether these can be plugged at all: throws Error (invalid) that names the field. Touches
  /// nothing.
  virtual void check(const std::vector<Nic> &nics) const = 0;
  /// Sees to it that every NIC of a running guest is plugged. Those that stand as they are wanted
  /// are left alone; one that does not is made anew. Where it throws (Error), what it made is gone.
  virtual asio::awaitable<void> plug(const Port &guest, const std::vector<Nic> &nics,
                                     Deadline deadline) = 0;
  /// Removes whatever is plugged for the guest. What is gone already is no error.
  virtual asio::awaitable<void> unplug(const Port &guest, Deadline deadline) = 0;

  /// Whether it can be seen what is plugged. Where it cannot, there is nothing to follow, and what
  /// stands below is not asked for.
  [[nodiscard]] virtual bool can_look() const noexcept = 0;
  /// Whether it can be seen now; where it cannot, watch()'s are told of everything once it can.
  [[nodiscard]] virtual bool sees() const noexcept = 0;
  /// Looks at a guest, and touches nothing: goes by what is known already, and waits for nobody but
  /// the kernel. Throws Error.
  virtual asio::awaitable<Seen> look(const Port &guest, const std::vector<Nic> &nics) = 0;
  /// Every port of a guest, whoever it belongs to. Throws Error.
  virtual asio::awaitable<std::vector<Plugged>> plugged(Deadline deadline) = 0;
  /// Who is told of changes, whoever makes them, on the event loop. What is told calls nothing
  /// here.
  using Told = std::function<void(const Changed &)>;
  /// Replaces who was told before; nobody where it is empty.
  virtual void watch(Told told) = 0;
};

/// The driver "none": NICs are recorded by whoever calls, and plugged nowhere; the log says so.
std::unique_ptr<Driver> make_none(const Log &log);

/// Asks the engine for the pid of a container's first process: 0 where it does not run. Throws
/// Error.
using LookUp = std::function<asio::awaitable<std::int64_t>(std::string container, Deadline)>;

/// What the driver "ovs" is told.
struct OvsOptions {
  std::string database;      ///< The path of the database's unix socket.
  std::string datapath_type; ///< Of bridges that it makes; empty for the switch's default.
  bool static_addresses = false;
  bool local_engine = true;  ///< Whether the engine's pids are those of this machine.
  std::string instance = {}; ///< Whose its ports are.
};

/// The driver "ovs": NICs are ports of Open vSwitch's bridges.
std::unique_ptr<Driver> make_ovs(const asio::any_io_executor &executor, OvsOptions options,
                                 LookUp look_up, const Log &log);

} // namespace mdocker::network
