// SPDX-License-Identifier: Apache-2.0
#include "switch_rows.hpp"

#include <algorithm>

namespace mdocker::network {
namespace {

using ovsdb::member;

InterfaceRow parse_interface(const json::Members &row) {
  return {ovsdb::string(member(row, "name")), ovsdb::strings(member(row, "external_ids")),
          ovsdb::optional_integer(member(row, "ofport")),
          ovsdb::optional_string(member(row, "error")),
          ovsdb::optional_integer(member(row, "mtu"))};
}

PortRow parse_port(const json::Members &row) {
  PortRow port{ovsdb::string(member(row, "name")), ovsdb::uuids(member(row, "interfaces")),
               ovsdb::integers(member(row, "trunks")), ovsdb::optional_integer(member(row, "tag"))};
  std::sort(port.trunks.begin(), port.trunks.end());
  return port;
}

BridgeRow parse_bridge(const json::Members &row) {
  return {ovsdb::string(member(row, "name")), ovsdb::string(member(row, "datapath_type")),
          ovsdb::uuids(member(row, "ports"))};
}

// Calls back with each changed row of a table: its UUID, and its members or nothing where it went.
template <class Change>
void each_row(const json::Members &tables, std::string_view name, Change change) {
  const json::Value *table = json::find(tables, name);
  if (table == nullptr)
    return;
  for (const json::Member &row : ovsdb::object(*table, "a table's updates")) {
    const json::Members update = ovsdb::object(row.value, "a row's update");
    const json::Value *now = json::find(update, "new");
    if (now == nullptr)
      change(row.key, std::optional<json::Members>());
    else
      change(row.key, std::optional(ovsdb::object(*now, "a row")));
  }
}

// touch: called with each row that comes, and that goes.
template <class Row, class Touch>
void update(std::map<std::string, Row> &rows, const json::Members &tables, std::string_view name,
            Row (*parse)(const json::Members &), Touch touch) {
  each_row(tables, name, [&](const std::string &uuid, const std::optional<json::Members> &now) {
    if (const auto before = rows.find(uuid); before != rows.end())
      touch(before->second);
    if (now)
      touch(rows.insert_or_assign(uuid, parse(*now)).first->second);
    else
      rows.erase(uuid);
  });
}

bool contains(const std::vector<std::string> &all, const std::string &one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

} // namespace

std::string InterfaceRow::external_id(std::string_view key) const {
  const auto found = external_ids.find(std::string(key));
  return found == external_ids.end() ? std::string() : found->second;
}

std::string SwitchRows::monitor_requests() {
  return R"({"Interface":{"columns":["name","external_ids","ofport","error","mtu"]},)"
         R"("Port":{"columns":["name","interfaces","trunks","tag"]},)"
         R"("Bridge":{"columns":["name","datapath_type","ports"]},)"
         R"("Open_vSwitch":{"columns":["cur_cfg"]}})";
}

void SwitchRows::apply(const json::Value &updates) {
  const json::Members tables = ovsdb::object(updates, "table updates");
  update(interfaces, tables, "Interface", parse_interface,
         [this](const InterfaceRow &row) { note(row); });
  update(ports, tables, "Port", parse_port, [this](const PortRow &port) {
    for (const std::string &uuid : port.interfaces)
      if (const auto row = interfaces.find(uuid); row != interfaces.end())
        note(row->second);
  });
  // A port that is taken from its bridge is gone, and its interface with it.
  update(bridges, tables, "Bridge", parse_bridge, [](const BridgeRow &) {});
  each_row(tables, "Open_vSwitch",
           [this](const std::string &uuid, const std::optional<json::Members> &now) {
             root = now ? uuid : std::string();
             if (now)
               configured = ovsdb::optional_integer(member(*now, "cur_cfg")).value_or(0);
           });
}

void SwitchRows::note(const InterfaceRow &row) {
  if (std::string guest = row.external_id(kGuestKey); !guest.empty())
    changed_.insert(std::move(guest));
}

SwitchRows::Place SwitchRows::place(const std::pair<const std::string, InterfaceRow> &row) const {
  Place place;
  place.uuid = &row.first;
  place.interface = &row.second;
  for (const auto &[uuid, port] : ports)
    if (contains(port.interfaces, row.first)) {
      place.port_uuid = &uuid;
      place.port = &port;
      break;
    }
  if (place.port == nullptr)
    return place;
  for (const auto &[uuid, bridge] : bridges)
    if (contains(bridge.ports, *place.port_uuid)) {
      place.bridge_uuid = &uuid;
      place.bridge = &bridge;
      break;
    }
  return place;
}

std::vector<SwitchRows::Place> SwitchRows::of_guest(const std::vector<std::string> &ids) const {
  std::vector<Place> found;
  for (const auto &row : interfaces) {
    const auto id = row.second.external_ids.find(std::string(kGuestKey));
    if (id != row.second.external_ids.end() && contains(ids, id->second))
      found.push_back(place(row));
  }
  return found;
}

std::vector<SwitchRows::Place> SwitchRows::of_guests() const {
  // Each port's bridge, and each interface's port, are looked for once.
  std::map<std::string_view, const std::pair<const std::string, BridgeRow> *> bridge_of;
  for (const auto &bridge : bridges)
    for (const std::string &port : bridge.second.ports)
      bridge_of.emplace(port, &bridge);
  std::vector<Place> found;
  for (const auto &port : ports) {
    const auto bridge = bridge_of.find(port.first);
    if (bridge == bridge_of.end())
      continue;
    for (const std::string &uuid : port.second.interfaces)
      if (const auto row = interfaces.find(uuid);
          row != interfaces.end() && !row->second.external_id(kGuestKey).empty())
        found.push_back({&row->first, &row->second, &port.first, &port.second,
                         &bridge->second->first, &bridge->second->second});
  }
  return found;
}

std::optional<SwitchRows::Place> SwitchRows::interface_named(std::string_view name) const {
  for (const auto &row : interfaces)
    if (row.second.name == name)
      return place(row);
  return std::nullopt;
}

const std::pair<const std::string, BridgeRow> *
SwitchRows::bridge_named(std::string_view name) const {
  for (const auto &row : bridges)
    if (row.second.name == name)
      return &row;
  return nullptr;
}

} // namespace mdocker::network
