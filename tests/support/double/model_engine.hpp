// SPDX-License-Identifier: Apache-2.0
//
// An engine with containers that have a state, on the double: answers their life cycle as Docker
// 20.10 does, and takes as long to stop them as a test wants.
#pragma once

#include "engine_double.hpp"

#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mdocker::test {

class ModelEngine {
public:
  enum class State { created, running, paused, exited };

  explicit ModelEngine(const EngineDouble::Options &options = {});

  /// The double that it is played by.
  [[nodiscard]] EngineDouble &engine() noexcept { return engine_; }
  [[nodiscard]] std::string endpoint() const { return engine_.endpoint(); }

  // [any thread]

  /// A container past any client; gives its id.
  std::string add(const std::string &name, State state = State::created);
  /// Nothing where there is none of that name.
  [[nodiscard]] std::optional<State> state(const std::string &name) const;
  [[nodiscard]] std::size_t count(State state) const;

  /// A stop that begins from now on takes this long. At first it takes no time.
  void set_stop_time(std::chrono::milliseconds time);
  /// It takes its `t`, as where a container ignores SIGTERM.
  void set_stop_takes_its_grace();
  /// It takes until the gate is open. Not to be opened when this engine is gone.
  Gate hold_stops();
  /// Waits until so many stops have begun; whether that has come about within the limit.
  [[nodiscard]] bool wait_for_stops(std::size_t count,
                                    std::chrono::milliseconds limit = kWaitLimit) const;

private:
  struct Container {
    std::string id;
    std::string name;
    State state = State::created;
    std::string config = "{}"; ///< The body that it was created with.
    std::optional<Gate> stop;  ///< Where a stop is under way: opened when it is done.
    Gate ended;                ///< Opened when it ends, and replaced by another one.
    Gate removed;
  };
  using Containers = std::map<std::string, Container>; ///< By name.

  Reply reply(const Request &request);
  Reply act(const Request &request, Container &container, std::string_view verb);
  Reply create(const Request &request);
  Reply list(const Request &request) const;
  Reply start(Container &container);
  Reply stop(const Request &request, Container &container);
  Reply pause(Container &container);
  Reply unpause(Container &container);
  Reply wait(const Request &request, const Container &container) const;
  Reply remove(const Request &request, const Container &container);
  Container *find(std::string_view name_or_id);
  std::string insert(const std::string &name, State state, const std::string &config);
  void finish_stop(const std::string &name, const Gate &done);

  mutable std::mutex mutex_;
  mutable std::condition_variable stopping_;
  Containers containers_;
  std::size_t made_ = 0;
  std::size_t stops_ = 0;
  std::chrono::milliseconds stop_time_{0};
  bool stop_takes_its_grace_ = false;
  std::optional<Gate> stops_held_;
  EngineDouble engine_; ///< Ends before what its script uses.
};

} // namespace mdocker::test
