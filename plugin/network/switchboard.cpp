// SPDX-License-Identifier: Apache-2.0
#include "switchboard.hpp"

#include "../runtime/reached.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace mdocker::network {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kToConfigure = 10s; // that the switch may take for a change
constexpr auto kToUnmake = 4s;
constexpr auto kBetweenAttempts = 500ms;
constexpr int kAttempts = 5; // at a transaction, each from fresh rows

Error network_error(Kind kind, const std::string &what) {
  return Error(kind, what).in_phase("network");
}

// The transaction that makes what is wanted of these rows.
Transaction plan(const SwitchRows &rows, const Port &guest, const std::vector<WantedPort> &wanted,
                 const std::string &datapath_type) {
  Transaction transaction(rows);
  std::vector<NewPort> ports;
  for (const WantedPort &one : wanted) {
    const std::vector<SwitchRows::Place> places = places_of_nic(rows, guest, one.port.nic_name);
    if (!one.kept) {
      for (const SwitchRows::Place &place : places)
        transaction.remove(place);
      ports.push_back(one.port);
      continue;
    }
    for (const SwitchRows::Place &place : places)
      if (place.port != nullptr && place.bridge != nullptr &&
          !has_vlans(*place.port, one.port.trunks))
        transaction.set_trunks(place, one.port.trunks, one.port.nic);
  }
  if (!ports.empty())
    transaction.add(ports, datapath_type);
  return transaction;
}

} // namespace

bool has_vlans(const PortRow &port, const std::vector<std::int64_t> &vlans) {
  return port.trunks == vlans && (!port.tag || vlans.empty());
}

std::vector<std::string> guest_ids(const Port &guest) {
  constexpr std::size_t kShortId = 12; // as the engine's own tools show it
  std::vector<std::string> ids{guest.guest};
  if (guest.container.size() >= kShortId) {
    ids.push_back(guest.container);
    ids.push_back(guest.container.substr(0, kShortId));
  }
  return ids;
}

std::vector<SwitchRows::Place> places_of_nic(const SwitchRows &rows, const Port &guest,
                                             std::string_view nic) {
  std::vector<SwitchRows::Place> places = rows.of_guest(guest_ids(guest));
  std::erase_if(places, [&](const SwitchRows::Place &place) {
    return place.interface->external_id(kNicKey) != nic;
  });
  return places;
}

Switchboard::Switchboard(const asio::any_io_executor &executor, const std::string &database,
                         const Log &log)
    : executor_(executor), log_(log), database_(executor, database, log), pause_(executor) {}

void Switchboard::close() {
  closed_ = true;
  database_.close();
  pause_.cancel();
}

asio::awaitable<void> Switchboard::connect(const Port &guest, std::vector<WantedPort> wanted,
                                           const std::string &datapath_type, Deadline deadline,
                                           Made &made) {
  for (int attempt = 1;; ++attempt) {
    Transaction transaction = plan(rows(), guest, wanted, datapath_type);
    if (transaction.empty())
      co_return;
    for (const WantedPort &one : wanted)
      if (!one.kept && attempt == 1)
        made.ports.push_back(one.port.link);
    std::string text = transaction.text();
    const ovsdb::Results results = co_await database_.transact(std::move(text), deadline);
    Applied applied;
    try {
      applied = transaction.check(results);
    } catch (const Transaction::Stale &stale) { // the rows are fresh by now
      if (attempt == kAttempts)
        throw network_error(Kind::conflict,
                            std::string(stale.what()) + ": somebody else keeps changing it");
      continue;
    }
    made.bridges = std::move(applied.new_bridges);
    co_await settle(wanted, applied.change, deadline);
    runtime::reached(runtime::Step::ports_settled);
    co_return;
  }
}

asio::awaitable<void> Switchboard::settle(const std::vector<WantedPort> &wanted,
                                          std::int64_t change, Deadline deadline) {
  const Deadline until = std::min<Deadline>(deadline, Clock::now() + kToConfigure);
  for (;;) {
    const bool configured = rows().configured >= change;
    bool settled = true;
    std::string waiting;
    for (const WantedPort &one : wanted) {
      const std::string what = nic_on_bridge(one.port.nic_name, one.port.bridge);
      if (one.kept) {
        settled = settled && configured;
        continue;
      }
      const std::optional<SwitchRows::Place> place = rows().interface_named(one.port.link);
      if (!place)
        throw network_error(Kind::network, what + ": wait for the switch: its port was removed");
      const InterfaceRow &row = *place->interface;
      const std::int64_t ofport = row.ofport.value_or(0);
      if (ofport > 0)
        continue;
      if (row.error || ofport < 0)
        throw network_error(Kind::network, what + ": wait for the switch: it refused: " +
                                               row.error.value_or("ofport is -1"));
      if (configured)
        throw network_error(Kind::network, what + ": wait for the switch: it has made no port of "
                                                  "it; it has no data path for this bridge (its "
                                                  "log says why)");
      settled = false;
      waiting = what;
    }
    if (settled)
      co_return;
    const bool woken = co_await database_.change(until);
    if (!woken)
      throw network_error(Clock::now() >= deadline ? Kind::timeout : Kind::unavailable,
                          waiting + ": wait for the switch: it did not take the port in time; "
                                    "does ovs-vswitchd run?");
  }
}

asio::awaitable<std::vector<std::string>> Switchboard::disconnect(const Port &guest,
                                                                  Deadline deadline) {
  std::vector<std::string> names;
  for (int attempt = 1;; ++attempt) {
    const std::vector<SwitchRows::Place> places = rows().of_guest(guest_ids(guest));
    Transaction transaction(rows());
    for (const SwitchRows::Place &place : places) {
      transaction.remove(place);
      names.push_back(place.interface->name);
    }
    if (transaction.empty())
      break;
    if (attempt == kAttempts)
      throw network_error(Kind::conflict, "remove the ports of " + guest.guest +
                                              ": somebody else keeps making them");
    std::string text = transaction.text();
    const ovsdb::Results results = co_await database_.transact(std::move(text), deadline);
    transaction.check(results);
  }
  co_return names;
}

asio::awaitable<void> Switchboard::remove(Made made, Deadline deadline) {
  co_await database_.ready(deadline);
  Transaction ports(rows());
  for (const std::string &name : made.ports)
    if (const std::optional<SwitchRows::Place> place = rows().interface_named(name))
      ports.remove(*place);
  if (!ports.empty()) {
    std::string text = ports.text();
    const ovsdb::Results results = co_await database_.transact(std::move(text), deadline);
    ports.check(results);
  }
  Transaction bridges(rows());
  for (const std::string &name : made.bridges)
    bridges.remove_empty_bridge(name);
  if (bridges.empty())
    co_return;
  std::string text = bridges.text();
  const ovsdb::Results results = co_await database_.transact(std::move(text), deadline);
  try {
    bridges.check(results);
  } catch (const Transaction::Stale &) { // another guest has come to it
    co_return;
  }
}

asio::awaitable<bool> Switchboard::unmake(Made made) {
  std::string failure;
  try {
    co_await remove(made, Clock::now() + kToUnmake);
  } catch (const std::exception &error) {
    failure = error.what();
  }
  if (failure.empty())
    co_return true;
  log_.warning("ports that could not be removed will be when the database answers: " + failure);
  left_.ports.insert(left_.ports.end(), made.ports.begin(), made.ports.end());
  left_.bridges.merge(made.bridges);
  if (!cleaning_ && !closed_) {
    cleaning_ = true;
    asio::co_spawn(executor_, clean(shared_from_this()), asio::detached);
  }
  co_return false;
}

asio::awaitable<void> Switchboard::clean(std::shared_ptr<Switchboard> self) {
  while (!self->closed_ && !self->left_.ports.empty()) {
    self->pause_.expires_after(kBetweenAttempts);
    co_await self->pause_.async_wait(asio::as_tuple(asio::use_awaitable));
    Made made = std::exchange(self->left_, {});
    bool done = false;
    try {
      co_await self->remove(made, Clock::now() + kToUnmake);
      done = true;
    } catch (const std::exception &) { // the first failure was told
      done = false;
    }
    if (done)
      continue;
    self->left_.ports.insert(self->left_.ports.end(), made.ports.begin(), made.ports.end());
    self->left_.bridges.merge(made.bridges);
  }
  self->cleaning_ = false;
}

} // namespace mdocker::network
