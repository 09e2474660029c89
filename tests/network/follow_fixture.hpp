// SPDX-License-Identifier: Apache-2.0
//
// Two guests that talk to each other, whatever happens behind the host's back.
#pragma once

#include "fixture.hpp"

namespace wire {

/// It takes some 100 ms, and 2 s are promised; a test leaves a busy machine more.
inline constexpr std::chrono::seconds kRepaired{10};

/// Guests get their addresses, and are this instance's.
inline const std::vector<std::string> kFollowing{"MISTIFY_NETWORK_ADDRESSING=static",
                                                 "MISTIFY_INSTANCE=mw-here"};

class Follow : public OnSwitch {
protected:
  /// Starts mw-a and mw-b, each with one NIC, and sees that they reach each other.
  void SetUp() override;

  /// Expects that they reach each other, also by TCP, in time after the event.
  void expect_talk(Clock::time_point event);
  /// Expects that a guest has no port and no link is left of it, in time after the event.
  void expect_unplugged(const std::string &id, Clock::time_point event);
  /// The engine's doing, past the host: "restart?t=0".
  static void by_the_engine(const std::string &id, const std::string &what,
                            const std::string &body = {});
  /// Sends a guest's first process a signal, and waits until the engine sees its end.
  static void kill_guest(const std::string &id, int signal);
  [[nodiscard]] std::string link_of(const std::string &id);
  void host_again() { host_with(kFollowing); }
};

/// A NIC eth1 with that address.
std::string addressed_nic(const std::string &address, const std::string &bridge = kBridge);
/// Whether a packet of the one comes to the other, at once.
bool reaches(const GuestNet &from, const GuestNet &to, const std::string &address);
/// Whether something becomes true in time after an event; how long that took is a property of the
/// test.
bool in_time(Clock::time_point event, const std::function<bool()> &condition);

} // namespace wire
