// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as what the switch's database sends: messages are the same however they are cut, and
// are refused in one line or taken in whole; after any updates the rows that are kept fit together.
#include "fuzz.hpp"

#include "network/ovsdb_wire.hpp"
#include "network/switch_rows.hpp"

#include <set>
#include <string>
#include <vector>

namespace {

using namespace mdocker::network;
using fuzz::require;
using ovsdb::Framer;
using ovsdb::Message;
using ovsdb::ProtocolError;

struct Stream {
  std::vector<std::string> messages;
  bool refused = false;
  bool operator==(const Stream &) const = default;
};

Stream cut(std::string_view bytes, std::size_t block) {
  Stream stream;
  Framer framer;
  try {
    fuzz::in_blocks(bytes, block, [&](std::string_view some) {
      framer.add(some);
      while (auto message = framer.next())
        stream.messages.push_back(std::move(*message));
    });
  } catch (const ProtocolError &error) {
    fuzz::require_line(error.what());
    stream.refused = true;
  }
  return stream;
}

void check_places(const SwitchRows &rows) {
  std::set<std::string> ids;
  for (const SwitchRows::Place &place : rows.of_guests()) {
    require(place.interface != nullptr && place.port != nullptr && place.bridge != nullptr,
            "a guest's interface that is nowhere");
    ids.insert(place.interface->external_id(kGuestKey));
  }
  for (const auto &[uuid, interface] : rows.interfaces) {
    const auto place = rows.interface_named(interface.name);
    require(place && place->interface->name == interface.name, "an interface is lost",
            interface.name);
  }
  for (const std::string &id : ids)
    require(!rows.of_guest({id}).empty(), "a guest is lost", id);
}

void apply(SwitchRows &rows, const json::Value &updates) {
  rows.apply(updates);
  const std::size_t interfaces = rows.interfaces.size();
  const std::size_t ports = rows.ports.size();
  const std::size_t bridges = rows.bridges.size();
  rows.apply(updates);
  require(rows.interfaces.size() == interfaces && rows.ports.size() == ports &&
              rows.bridges.size() == bridges,
          "the same update again is another one", updates.raw);
}

void take(SwitchRows &rows, const std::string &text) {
  const Message message = Message::parse(text);
  switch (message.kind) {
  case Message::Kind::reply: // to a monitor, or to a transaction
    if (message.result.kind == json::Kind::object)
      apply(rows, message.result);
    else
      for (const ovsdb::Result &result : ovsdb::Results::parse(message.result))
        for (const json::Value &row : result.rows)
          require(json::parse(row.raw).raw == row.raw, "a row that is no value", row.raw);
    break;
  case Message::Kind::echo:
    static_cast<void>(json::parse(message.raw_id));
    break;
  case Message::Kind::update: {
    const auto params = ovsdb::array(message.result, "params");
    if (params.size() == 2)
      apply(rows, params[1]);
    break;
  }
  case Message::Kind::other:
    break;
  }
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  const fuzz::Input input(data, size);
  const Stream stream = cut(input.text(), input.text().size() + 1);
  require(cut(input.text(), input.choice() % 16 + 1) == stream, "a cut makes it another stream");
  SwitchRows rows;
  for (const std::string &message : stream.messages) {
    try {
      take(rows, message);
    } catch (const ProtocolError &error) {
      fuzz::require_line(error.what());
    }
    check_places(rows);
  }
  return 0;
}
