// SPDX-License-Identifier: Apache-2.0
//
// What is known of a guest from the answers to its calls, and whether the next answer fits it.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace soak {

enum class State { absent, stopped, running, paused };
std::string_view name(State state) noexcept;

enum class Verb { create, start, stop, restart, pause, unpause, remove, get };
/// "CreateContainer" ...
std::string_view method(Verb verb) noexcept;

/// What came back for a call.
struct Answer {
  bool failed = false;
  std::string state;   ///< Of the guest, where it did not fail.
  std::string kind;    ///< Of the error, for machines: "conflict" ...
  std::string outcome; ///< "not_done", "unknown", or empty.
  std::string text;    ///< Of the error, for people.
};

/// The states that one guest may be in. Only one client at a time asks for it.
class Model {
public:
  /// The engine was restarted since the last call, or while it ran: what ran may be stopped, and
  /// the next answer may say so.
  void engine_restarted();

  /// Takes an answer in. Throws std::runtime_error where it fits none of the possible states.
  void take(Verb verb, const Answer &answer);

  [[nodiscard]] const std::set<State> &possible() const noexcept { return possible_; }

private:
  using States = std::set<State>;
  void succeeded(Verb verb, const Answer &answer, bool restarted);
  void refused(Verb verb, const Answer &answer);
  /// Leaves those of the states that are possible; one must be.
  void narrow(const States &to, Verb verb, const Answer &answer);
  void may_have_happened(Verb verb);

  States possible_{State::absent};
  bool restarted_ = false; ///< Since the last answer.
};

} // namespace soak
