// SPDX-License-Identifier: Apache-2.0
//
// One of the soak's clients: it has guests of its own, asks for this and that of them, one call
// after the other on a kept connection, and holds each answer against what is known.
#pragma once

#include "model.hpp"

#include "../wire/host_process.hpp"

#include <atomic>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace soak {

/// What all clients share.
struct World {
  std::uint16_t port = 0;
  std::atomic<bool> ending{false};
  /// Counted up when a restart of the engine begins, and when it has ended.
  std::atomic<unsigned> engine_restarts{0};
};

/// What was asked, and what came of it.
struct Tally {
  std::uint64_t calls = 0;
  std::map<std::string, std::uint64_t> failures; ///< By kind.
};

class Client {
public:
  Client(World &world, unsigned number, unsigned seed);

  /// Asks until the world ends. Throws where an answer is wrong, is missing, or comes twice.
  void run();
  /// Removes the guests, however often that has to be tried, and looks whether more has come on
  /// the connection than was asked for.
  void finish();
  [[nodiscard]] const Tally &tally() const noexcept { return tally_; }

private:
  struct Guest {
    std::string id;
    Model model;
    unsigned seen_restarts = 0;
  };

  void step();
  void change(Guest &guest, Verb verb);
  void list();
  void info();
  void refused();
  void batch(Guest &guest);
  Answer call(std::string_view method, const std::string &params);
  std::string exchange(const std::string &body);
  Answer read(const std::string &response, const std::string &id, std::string_view method);
  std::string next_id();
  std::size_t below(std::size_t count);

  World &world_;
  std::string name_;
  std::mt19937 random_;
  std::vector<Guest> guests_;
  std::optional<wire::Connection> connection_;
  std::uint64_t ids_ = 0;
  Tally tally_;
};

} // namespace soak
