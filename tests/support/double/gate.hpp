// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

namespace mdocker::test {

/// What waits at it goes on when the test opens it, once and for all. Copies are the same gate.
/// [any thread]
class Gate {
public:
  Gate();
  void open() const;
  [[nodiscard]] bool is_open() const;
  /// Called once: at once where it is open, else by whoever opens it.
  void on_open(std::function<void()> call) const;

private:
  struct State;
  std::shared_ptr<State> state_;
};

} // namespace mdocker::test
