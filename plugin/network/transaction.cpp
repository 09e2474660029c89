// SPDX-License-Identifier: Apache-2.0
#include "transaction.hpp"

#include <algorithm>

namespace mdocker::network {
namespace {

using mistify::json::quoted;

std::string uuid(std::string_view id) {
  return R"(["uuid",)" + quoted(id) + "]";
}
std::string named(std::string_view name) {
  return R"(["named-uuid",)" + quoted(name) + "]";
}

template <class Item, class Format> std::string set(const std::vector<Item> &items, Format format) {
  std::string out = R"(["set",[)";
  for (const Item &item : items)
    out.append(out.back() == '[' ? "" : ",").append(format(item));
  return out.append("]]");
}

std::string number_set(const std::vector<std::int64_t> &numbers) {
  return set(numbers, [](std::int64_t number) { return std::to_string(number); });
}
std::string named_set(const std::vector<std::string> &names) {
  return set(names, named);
}

std::string id(std::string_view key, const std::string &value) {
  return "[" + quoted(key) + "," + quoted(value) + "]";
}
// By which a NIC's interface is found.
std::string ids(const NewPort &port, const std::string &more = {}) {
  return R"(["map",[)" + id(kGuestKey, port.guest) + "," + id(kNicKey, port.nic_name) + more + "]]";
}
std::string all_ids(const NewPort &port) {
  return ids(port, port.instance.empty() ? "" : "," + id(kInstanceKey, port.instance));
}

std::string is(std::string_view column, const std::string &value) {
  return R"([[)" + quoted(column) + R"(,"==",)" + value + "]]";
}

std::string operation(std::string_view op, std::string_view table, const std::string &rest) {
  return R"({"op":)" + quoted(op) + R"(,"table":)" + quoted(table) + "," + rest + "}";
}

// Fails at once where what is selected is not that.
std::string wait(std::string_view table, const std::string &where, const std::string &columns,
                 const std::string &rows) {
  return operation("wait", table,
                   R"("timeout":0,"where":)" + where + R"(,"columns":)" + columns +
                       R"(,"until":"==","rows":)" + rows);
}
std::string insert(std::string_view table, const std::string &name, const std::string &row) {
  return operation("insert", table, R"("uuid-name":)" + quoted(name) + R"(,"row":)" + row);
}
std::string mutate(std::string_view table, std::string_view id, std::string_view column,
                   std::string_view mutator, const std::string &value) {
  return operation("mutate", table,
                   R"("where":)" + is("_uuid", uuid(id)) + R"(,"mutations":[[)" + quoted(column) +
                       "," + quoted(mutator) + "," + value + "]]");
}

std::string name_row(std::string_view name) {
  return R"({"name":)" + quoted(name) + "}";
}

constexpr const char *kNameColumn = R"(["name"])";

} // namespace

std::string nic_on_bridge(std::string_view nic, std::string_view bridge) {
  return "NIC " + std::string(nic) + " on bridge " + std::string(bridge);
}

void Transaction::push(Expect expect, std::string step, std::string json) {
  operations_.push_back({std::move(json), expect, std::move(step)});
}

void Transaction::add(const std::vector<NewPort> &ports, const std::string &datapath_type) {
  std::map<std::string, std::vector<std::string>> by_bridge; // the names of the new Port rows
  for (const NewPort &port : ports) {
    const std::string what = nic_on_bridge(port.nic_name, port.bridge);
    const std::string n = std::to_string(port.nic);
    std::string rows = "[";
    for (const std::string &name : known_[{port.guest, port.nic_name}])
      rows.append(rows.size() > 1 ? "," : "").append(name_row(name));
    push(Expect::guard, what + ": see that it has no other port",
         wait("Interface", R"([["external_ids","includes",)" + ids(port) + "]]", kNameColumn,
              rows + "]"));
    push(Expect::nothing, what + ": make its interface",
         insert("Interface", "interface" + n,
                R"({"name":)" + quoted(port.link) + R"(,"external_ids":)" + all_ids(port) + "}"));
    push(Expect::nothing, what + ": make its port",
         insert("Port", "port" + n,
                R"({"name":)" + quoted(port.link) + R"(,"interfaces":)" + named("interface" + n) +
                    (port.trunks.empty() ? "" : R"(,"trunks":)" + number_set(port.trunks)) + "}"));
    by_bridge[port.bridge].push_back("port" + n);
  }
  for (const auto &[name, new_ports] : by_bridge) {
    const auto *const bridge = rows_.bridge_named(name);
    if (bridge == nullptr) {
      add_bridge(name, datapath_type, new_ports);
      continue;
    }
    push(Expect::guard, "bridge " + name + ": see that it is there",
         wait("Bridge", is("_uuid", uuid(bridge->first)), kNameColumn, "[" + name_row(name) + "]"));
    push(Expect::one_row, "bridge " + name + ": add the ports",
         mutate("Bridge", bridge->first, "ports", "insert", named_set(new_ports)));
  }
}

void Transaction::add_bridge(const std::string &name, const std::string &datapath_type,
                             const std::vector<std::string> &ports) {
  const std::string what = "bridge " + name + ": make it";
  const std::string n = std::to_string(new_bridges_.size());
  push(Expect::guard, "bridge " + name + ": see that it is missing",
       wait("Bridge", is("name", quoted(name)), kNameColumn, "[]"));
  push(Expect::nothing, what,
       insert("Interface", "own_interface" + n,
              R"({"name":)" + quoted(name) + R"(,"type":"internal"})"));
  push(Expect::nothing, what,
       insert("Port", "own_port" + n,
              R"({"name":)" + quoted(name) + R"(,"interfaces":)" + named("own_interface" + n) +
                  "}"));
  std::vector<std::string> all = ports;
  all.push_back("own_port" + n);
  push(Expect::nothing, what,
       insert("Bridge", "bridge" + n,
              R"({"name":)" + quoted(name) + R"(,"datapath_type":)" + quoted(datapath_type) +
                  R"(,"ports":)" + named_set(all) + "}"));
  push(Expect::one_row, what,
       mutate("Open_vSwitch", rows_.root, "bridges", "insert", named("bridge" + n)));
  new_bridges_.insert(name);
}

void Transaction::remove(const SwitchRows::Place &place) {
  const InterfaceRow &row = *place.interface;
  known_[{row.external_id(kGuestKey), row.external_id(kNicKey)}].push_back(row.name);
  if (place.bridge == nullptr)
    return; // in no bridge: the database is about to drop it
  push(Expect::a_row_or_none, "bridge " + place.bridge->name + ": remove port " + place.port->name,
       mutate("Bridge", *place.bridge_uuid, "ports", "delete", uuid(*place.port_uuid)));
}

void Transaction::set_trunks(const SwitchRows::Place &place,
                             const std::vector<std::int64_t> &trunks, std::size_t nic) {
  push(Expect::one_row,
       "bridge " + place.bridge->name + ": set the VLANs of guest.nics[" + std::to_string(nic) +
           "]",
       operation("update", "Port",
                 R"("where":)" + is("_uuid", uuid(*place.port_uuid)) + R"(,"row":{"trunks":)" +
                     number_set(trunks) + (trunks.empty() ? "" : R"(,"tag":["set",[]])") + "}"));
}

void Transaction::remove_empty_bridge(const std::string &name) {
  const auto *const bridge = rows_.bridge_named(name);
  if (bridge == nullptr || bridge->second.ports.size() != 1)
    return;
  push(Expect::guard, "bridge " + name + ": see that it is empty",
       wait("Bridge", is("_uuid", uuid(bridge->first)), R"(["ports"])",
            R"([{"ports":)" + set(bridge->second.ports, uuid) + "}]"));
  push(Expect::one_row, "bridge " + name + ": remove it",
       mutate("Open_vSwitch", rows_.root, "bridges", "delete", uuid(bridge->first)));
}

std::string Transaction::text() {
  if (!finished_) {
    finished_ = true;
    push(Expect::one_row, "count the change",
         mutate("Open_vSwitch", rows_.root, "next_cfg", "+=", "1"));
    push(Expect::next_cfg, "count the change",
         operation("select", "Open_vSwitch",
                   R"("where":)" + is("_uuid", uuid(rows_.root)) + R"(,"columns":["next_cfg"])"));
  }
  std::string out;
  for (const Operation &operation : operations_)
    out.append(out.empty() ? "" : ",").append(operation.json);
  return out;
}

Applied Transaction::check(const ovsdb::Results &results) const {
  const auto refused = [](const std::string &step, const std::string &why) {
    return Error(Kind::network, step + ": the Open vSwitch database " + why).in_phase("network");
  };
  // One more than there are operations is a refusal of them together.
  const std::string whole = operations_.size() == 1 ? operations_.front().step : "its transaction";
  for (std::size_t i = 0; i < results.operations.size(); ++i) {
    const ovsdb::Result &result = results.operations[i];
    if (result.error.empty())
      continue;
    const bool single = i < operations_.size();
    if (single && operations_[i].expect == Expect::guard && result.error == "timed out")
      throw Stale(operations_[i].step);
    throw refused(single ? operations_[i].step : whole,
                  "refused: " + result.error +
                      (result.details.empty() ? "" : ": " + result.details));
  }
  if (results.operations.size() != operations_.size())
    throw refused(whole, "answered to " + std::to_string(results.operations.size()) +
                             " operations, expected " + std::to_string(operations_.size()));
  Applied applied;
  applied.new_bridges = new_bridges_;
  for (std::size_t i = 0; i < operations_.size(); ++i) {
    const Operation &operation = operations_[i];
    const ovsdb::Result &result = results.operations[i];
    const bool counts =
        operation.expect == Expect::one_row || operation.expect == Expect::a_row_or_none;
    const std::int64_t least = operation.expect == Expect::one_row ? 1 : 0;
    if (counts && (!result.count || *result.count < least || *result.count > 1))
      throw refused(operation.step, "changed " +
                                        (result.count ? std::to_string(*result.count) : "no") +
                                        " rows, expected 1");
    if (operation.expect != Expect::next_cfg)
      continue;
    if (result.rows.size() != 1)
      throw refused(operation.step, "does not say which change this is");
    try {
      const json::Members row = ovsdb::object(result.rows.front(), "a row");
      applied.change = ovsdb::optional_integer(ovsdb::member(row, "next_cfg")).value_or(0);
    } catch (const ovsdb::ProtocolError &error) {
      throw refused(operation.step, std::string("answered oddly: ") + error.what());
    }
  }
  return applied;
}

} // namespace mdocker::network
