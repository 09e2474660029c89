// SPDX-License-Identifier: Apache-2.0
#include "model.hpp"

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace soak {
namespace {

using States = std::set<State>;

/// From which states a verb works, and to which it leads.
struct Rule {
  States from;
  State to;
};

Rule rule(Verb verb) {
  switch (verb) {
  case Verb::create:
    return {{State::absent}, State::stopped};
  case Verb::start:
    return {{State::stopped, State::running}, State::running};
  case Verb::stop:
    return {{State::stopped, State::running, State::paused}, State::stopped};
  case Verb::restart:
    return {{State::stopped, State::running, State::paused}, State::running};
  case Verb::pause:
    return {{State::running}, State::paused};
  case Verb::unpause:
    return {{State::paused}, State::running};
  case Verb::remove:
    return {{State::stopped}, State::absent};
  case Verb::get:
    break;
  }
  return {{}, State::absent};
}

/// What guests may be in after their engine has ended.
void add_ends(States &states) {
  if (states.contains(State::paused)) // an engine that ends lets it go on first
    states.insert(State::running);
  if (states.contains(State::running))
    states.insert(State::stopped);
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> known) {
  return std::find(known.begin(), known.end(), text) != known.end();
}

} // namespace

std::string_view name(State state) noexcept {
  static constexpr std::string_view kNames[] = {"absent", "stopped", "running", "paused"};
  return kNames[static_cast<int>(state)];
}

std::string_view method(Verb verb) noexcept {
  static constexpr std::string_view kNames[] = {
      "CreateContainer", "StartContainer",   "StopContainer",   "RestartContainer",
      "PauseContainer",  "UnpauseContainer", "DeleteContainer", "GetContainer"};
  return kNames[static_cast<int>(verb)];
}

void Model::engine_restarted() {
  restarted_ = true;
  add_ends(possible_);
}

void Model::take(Verb verb, const Answer &answer) {
  const bool restarted = std::exchange(restarted_, false);
  if (!answer.failed)
    return succeeded(verb, answer, restarted);
  if (is_one_of(answer.kind, {"conflict", "not_found"}))
    return refused(verb, answer);
  if (verb == Verb::get)
    return; // says nothing
  if (is_one_of(answer.kind, {"unknown_outcome", "engine", "cancelled"}) ||
      // Of a restart, the stop may be done; of a create, the container may come yet.
      (answer.outcome == "not_done" &&
       is_one_of(method(verb), {"RestartContainer", "CreateContainer"})))
    return may_have_happened(verb);
  if (!is_one_of(answer.kind, {"unavailable", "timeout", "busy"}))
    throw std::runtime_error("an error of the kind '" + answer.kind + "': " + answer.text);
  if (verb == Verb::restart)
    may_have_happened(verb);
}

void Model::succeeded(Verb verb, const Answer &answer, bool restarted) {
  if (verb == Verb::get) {
    for (const State state : possible_)
      if (answer.state == name(state))
        return narrow({state}, verb, answer);
    return narrow({}, verb, answer);
  }
  const Rule known = rule(verb);
  narrow(known.from, verb, answer);
  States to{known.to};
  if (restarted) // perhaps between the change and the plugin's look
    add_ends(to);
  for (const State state : to)
    if (answer.state == (state == State::absent ? "deleted" : name(state))) {
      possible_ = {state};
      return;
    }
  throw std::runtime_error(std::string(method(verb)) + " answered the state '" + answer.state +
                           "', expected '" + std::string(name(known.to)) + "'");
}

void Model::refused(Verb verb, const Answer &answer) {
  if (answer.kind == "not_found")
    return narrow({State::absent}, verb, answer);
  States others{State::stopped, State::running, State::paused};
  for (const State state : rule(verb).from)
    others.erase(state);
  narrow(others, verb, answer);
}

void Model::narrow(const States &to, Verb verb, const Answer &answer) {
  States left;
  std::set_intersection(possible_.begin(), possible_.end(), to.begin(), to.end(),
                        std::inserter(left, left.end()));
  if (left.empty()) {
    std::string text(method(verb));
    text += answer.failed ? " failed with '" + answer.text + "' (" + answer.kind + ")"
                          : " answered '" + answer.state + "'";
    text += " of a guest that may be";
    for (const State state : possible_)
      text.append(" ").append(name(state));
    throw std::runtime_error(text);
  }
  possible_ = std::move(left);
}

void Model::may_have_happened(Verb verb) {
  const Rule known = rule(verb);
  const bool could = std::any_of(known.from.begin(), known.from.end(),
                                 [this](State state) { return possible_.contains(state); });
  if (!could)
    return;
  possible_.insert(known.to);
  if (verb == Verb::restart || verb == Verb::start) // on its way, or stopped again
    possible_.insert(State::stopped);
}

} // namespace soak
