// SPDX-License-Identifier: Apache-2.0
//
// Changes to the switch's database: what is sent, and whether the answer says that it was done.
#pragma once

#include "ovsdb.hpp"

#include <set>

namespace mdocker::network {

/// A port that is to be made for a NIC.
struct NewPort {
  std::size_t nic = 0; ///< Its index, for messages.
  std::string guest, nic_name, bridge;
  std::string link; ///< The host's end, and the name of port and interface.
  std::vector<std::int64_t> trunks;
  std::string instance = {}; ///< Whose it will be; empty: nobody's.
};

/// What a transaction has done.
struct Applied {
  std::int64_t change = 0; ///< next_cfg: the switch is through with it when cur_cfg is not below.
  std::set<std::string> new_bridges;
};

class Transaction {
public:
  /// Reads the rows as they are when the operations are built.
  explicit Transaction(const SwitchRows &rows) : rows_(rows) {}

  /// Makes ports, and their bridges where they are missing: with that datapath_type. Guarded, so
  /// that nothing of it is done where a bridge has come or gone meanwhile, or a NIC has got an
  /// interface that is none of those that remove() was told of before.
  void add(const std::vector<NewPort> &ports, const std::string &datapath_type);
  /// Removes an interface's port from its bridge; the rows go with it.
  void remove(const SwitchRows::Place &place);
  void set_trunks(const SwitchRows::Place &place, const std::vector<std::int64_t> &trunks,
                  std::size_t nic);
  /// Removes a bridge, where it still has only its own port.
  void remove_empty_bridge(const std::string &name);

  [[nodiscard]] bool empty() const noexcept { return operations_.empty(); }
  /// The operations, with commas between them; the last ones let the switch's progress be seen.
  [[nodiscard]] std::string text();
  /// Throws Stale where a guard has failed, Error where the database has refused, or done something
  /// else than it was told.
  Applied check(const ovsdb::Results &results) const;

  /// The rows were others than those that the operations were built from.
  class Stale : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
  };

private:
  enum class Expect { nothing, one_row, a_row_or_none, guard, next_cfg };
  struct Operation {
    std::string json;
    Expect expect;
    std::string step; ///< "NIC eth1 on bridge br0: make its port"
  };
  void push(Expect expect, std::string step, std::string json);
  void add_bridge(const std::string &name, const std::string &datapath_type,
                  const std::vector<std::string> &ports);

  const SwitchRows &rows_;
  std::vector<Operation> operations_;
  std::map<std::pair<std::string, std::string>, std::vector<std::string>>
      known_; ///< By guest, NIC.
  std::set<std::string> new_bridges_;
  bool finished_ = false;
};

/// "NIC eth1 on bridge br0"
std::string nic_on_bridge(std::string_view nic, std::string_view bridge);

} // namespace mdocker::network
