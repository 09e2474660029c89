// SPDX-License-Identifier: Apache-2.0
//
// Guests as the engine lists them, and which ports are theirs.
#pragma once

#include "method.hpp"

#include <optional>
#include <vector>

namespace mdocker::methods {

/// A container that is labelled as a guest.
struct ListedGuest {
  std::string guest;     ///< As its label says.
  std::string container; ///< Its full id.
  std::string name;
  bool ours = true; ///< Of this instance.
  bool up = false;  ///< Runs, or is paused.
};

/// Reads the engine's list. What cannot be a guest of anybody's is left out. Throws Error (engine)
/// where it is no list.
std::vector<ListedGuest> parse_guests(std::string_view body, std::string_view instance);

/// Asks for the guests; guest: only those labelled with that id. Throws Error.
asio::awaitable<std::vector<ListedGuest>>
list_guests(Environment &environment, std::optional<std::string> guest, engine::Deadline deadline);

/// What may have to be put right: a guest with its ports, or ports without a guest.
struct Subject {
  std::string guest;     ///< As the ports name it, where there is no such guest.
  std::string container; ///< Its full id; empty where there is no such guest.
  std::string name;      ///< The container's.
  bool up = false;
  /// Another instance's, or of several containers that all say to be this guest.
  bool left_alone = false;
  std::vector<std::string> ports;
  bool own_ports = false; ///< This instance has made one of them.
};

/// Finds each port's guest: one subject a guest, in the order of their names.
std::vector<Subject> pair_up(const std::vector<ListedGuest> &guests,
                             const std::vector<network::Plugged> &ports, std::string_view instance);

} // namespace mdocker::methods
