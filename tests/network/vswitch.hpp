// SPDX-License-Identifier: Apache-2.0
//
// A real Open vSwitch for the tests, and a look at it past the code under test.
#pragma once

#include "process.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace wire {

/// An interface of the switch that is a guest's.
struct GuestInterface {
  std::string guest;
  std::string nic;
  std::string link; ///< The host's end, by which it is called.
  int ofport = 0;   ///< Above 0 where the switch has it.
};

/// An Open vSwitch of our own, started by the project's script; it is stopped when this process is
/// gone, whatever the reason.
class PrivateSwitch {
public:
  PrivateSwitch();
  ~PrivateSwitch();
  PrivateSwitch(const PrivateSwitch &) = delete;
  PrivateSwitch &operator=(const PrivateSwitch &) = delete;

  [[nodiscard]] std::filesystem::path folder() const { return dir_.path(); }
  [[nodiscard]] std::string socket() const { return (dir_.path() / "db.sock").string(); }

  /// part: "db" or "switch".
  void start(const std::string &part) const;
  void stop(const std::string &part) const;
  /// Sends a signal to a part: SIGSTOP freezes it.
  void signal(const std::string &part, int number) const;

  /// ovs-vsctl's output, without waiting for the switch. Throws where it fails.
  std::string vsctl(const std::vector<std::string> &arguments) const;
  /// The interfaces of a guest (its NIC's, if it is named), by the name of their host's end.
  [[nodiscard]] std::vector<std::string> interfaces(const std::string &guest,
                                                    const std::string &nic = {}) const;
  /// Those of all guests.
  [[nodiscard]] std::vector<GuestInterface> guest_interfaces() const;
  /// The ports of a bridge, without its own.
  [[nodiscard]] std::vector<std::string> ports(const std::string &bridge) const;
  [[nodiscard]] bool has_bridge(const std::string &bridge) const;
  /// A column of a row, as ovs-vsctl shows it: get("Port", "eth1", "trunks").
  [[nodiscard]] std::string get(const std::string &table, const std::string &record,
                                const std::string &column) const;

private:
  TempDir dir_;
  Fd lifeline_; ///< Its end is what the watchdog waits for.
};

/// The links of this machine that the driver has made.
std::vector<std::string> our_links();

} // namespace wire
