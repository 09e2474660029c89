// SPDX-License-Identifier: Apache-2.0
//
// A copy of those rows of the switch's database that matter to guests, kept up by the server.
#pragma once

#include "ovsdb_wire.hpp"

#include <set>
#include <utility>

namespace mdocker::network {

namespace json = mistify::json;

/// The external ids of an Interface row by which a guest's interface is found, also by ovs-docker.
inline constexpr std::string_view kGuestKey = "container_id";
inline constexpr std::string_view kNicKey = "container_iface";
/// Which instance of ours has made it: nobody else uses this one.
inline constexpr std::string_view kInstanceKey = "mdocker_instance";

struct InterfaceRow {
  std::string name;
  std::map<std::string, std::string> external_ids;
  std::optional<std::int64_t> ofport; ///< Above 0 where the switch has it, -1 where it failed.
  std::optional<std::string> error;
  std::optional<std::int64_t> mtu;

  /// Empty where there is none of that key.
  [[nodiscard]] std::string external_id(std::string_view key) const;
};

struct PortRow {
  std::string name;
  std::vector<std::string> interfaces;
  std::vector<std::int64_t> trunks;
  std::optional<std::int64_t> tag;
};

struct BridgeRow {
  std::string name;
  std::string datapath_type;
  std::vector<std::string> ports;
};

/// The rows by their UUIDs.
class SwitchRows {
public:
  /// What a monitor asks for: "monitor"'s requests by table.
  static std::string monitor_requests();

  /// Takes a monitor's table updates in, all of them or (where it throws ProtocolError) some.
  void apply(const json::Value &updates);
  /// The guests (by the external id container_id) whose interfaces and ports were changed since
  /// this was last asked.
  std::set<std::string> take_changed() { return std::exchange(changed_, {}); }

  std::map<std::string, InterfaceRow> interfaces;
  std::map<std::string, PortRow> ports;
  std::map<std::string, BridgeRow> bridges;
  std::string root;            ///< The UUID of the one row of Open_vSwitch.
  std::int64_t configured = 0; ///< cur_cfg: up to which change the switch has come.

  /// Where an interface is. The pointers live until the next apply(); bridge and port are null
  /// where it is in none.
  struct Place {
    const std::string *uuid = nullptr;
    const InterfaceRow *interface = nullptr;
    const std::string *port_uuid = nullptr;
    const PortRow *port = nullptr;
    const std::string *bridge_uuid = nullptr;
    const BridgeRow *bridge = nullptr;
  };
  /// The interfaces whose external id container_id is one of these.
  [[nodiscard]] std::vector<Place> of_guest(const std::vector<std::string> &ids) const;
  [[nodiscard]] std::optional<Place> interface_named(std::string_view name) const;
  /// Its UUID; null where there is none.
  [[nodiscard]] const std::pair<const std::string, BridgeRow> *
  bridge_named(std::string_view name) const;

  /// Every interface with an external id container_id that is in a bridge.
  [[nodiscard]] std::vector<Place> of_guests() const;

private:
  void note(const InterfaceRow &row);
  [[nodiscard]] Place place(const std::pair<const std::string, InterfaceRow> &row) const;

  std::set<std::string> changed_;
};

} // namespace mdocker::network
