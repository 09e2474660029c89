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

template <class Row>
void update(std::map<std::string, Row> &rows, const json::Members &tables, std::string_view name,
            Row (*parse)(const json::Members &)) {
  each_row(tables, name, [&](const std::string &uuid, const std::optional<json::Members> &now) {
    if (now)
      rows.insert_or_assign(uuid, parse(*now));
    else
      rows.erase(uuid);
  });
}

bool contains(const std::vector<std::string> &all, const std::string &one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

} // namespace

std::string SwitchRows::monitor_requests() {
  return R"({"Interface":{"columns":["name","external_ids","ofport","error","mtu"]},)"
         R"("Port":{"columns":["name","interfaces","trunks","tag"]},)"
         R"("Bridge":{"columns":["name","datapath_type","ports"]},)"
         R"("Open_vSwitch":{"columns":["cur_cfg"]}})";
}

void SwitchRows::apply(const json::Value &updates) {
  const json::Members tables = ovsdb::object(updates, "table updates");
  update(interfaces, tables, "Interface", parse_interface);
  update(ports, tables, "Port", parse_port);
  update(bridges, tables, "Bridge", parse_bridge);
  each_row(tables, "Open_vSwitch",
           [this](const std::string &uuid, const std::optional<json::Members> &now) {
             root = now ? uuid : std::string();
             if (now)
               configured = ovsdb::optional_integer(member(*now, "cur_cfg")).value_or(0);
           });
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
