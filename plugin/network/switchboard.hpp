// SPDX-License-Identifier: Apache-2.0
//
// The ports of guests in the switch's database: made and removed, and waited for until the switch
// has them.
#pragma once

#include "transaction.hpp"

#include <boost/asio/steady_timer.hpp>

namespace mdocker::network {

/// A NIC that the database has to show, and the link that stands for it.
struct WantedPort {
  NewPort port;
  bool kept = false; ///< Its current port stays; at most its VLANs change.
};

/// Whether a port carries these VLANs; none: all, or the one that somebody has set.
bool has_vlans(const PortRow &port, const std::vector<std::int64_t> &vlans);

/// The guest's interfaces that stand for one of its NICs.
std::vector<SwitchRows::Place> places_of_nic(const SwitchRows &rows, const Port &guest,
                                             std::string_view nic);

/// What a call has made, and has to unmake where it fails.
struct Made {
  std::vector<std::string> ports; ///< By name; also where the answer never came.
  std::set<std::string> bridges;
};

class Switchboard : public std::enable_shared_from_this<Switchboard> {
public:
  Switchboard(const asio::any_io_executor &executor, const std::string &database, const Log &log);
  /// Before the event loop ends.
  void close();

  /// As ovsdb::Client.
  asio::awaitable<void> ready(Deadline deadline) { return database_.ready(deadline); }
  [[nodiscard]] const SwitchRows &rows() const noexcept { return database_.rows(); }
  [[nodiscard]] bool sees() const noexcept { return database_.loaded(); }
  void require_sight() const { database_.require_loaded(); }
  void watch(Driver::Told told) { database_.watch(std::move(told)); }

  /// Makes the ports of one guest in one transaction, and returns when the switch has them. Throws
  /// Error; made says what has to be unmade.
  asio::awaitable<void> connect(const Port &guest, std::vector<WantedPort> wanted,
                                const std::string &datapath_type, Deadline deadline, Made &made);
  /// Removes every port of a guest. Returns their names.
  asio::awaitable<std::vector<std::string>> disconnect(const Port &guest, Deadline deadline);
  /// Removes what was made. Where the database does not answer it is done once it does; false then.
  asio::awaitable<bool> unmake(Made made);

private:
  asio::awaitable<void> settle(const std::vector<WantedPort> &wanted, std::int64_t change,
                               Deadline deadline);
  asio::awaitable<void> remove(Made made, Deadline deadline);
  static asio::awaitable<void> clean(std::shared_ptr<Switchboard> self);

  asio::any_io_executor executor_;
  const Log &log_;
  ovsdb::Client database_;
  Made left_; ///< What could not be unmade yet.
  bool cleaning_ = false;
  bool closed_ = false;
  asio::steady_timer pause_; ///< Between attempts at left_.
};

} // namespace mdocker::network
