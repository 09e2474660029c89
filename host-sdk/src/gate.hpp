// SPDX-License-Identifier: Apache-2.0
//
// Who is inside a plugin: how unload knows that no handler is on a stack.
#pragma once

#include "monotonic.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace mistify::detail {

/// What the last one out rings. It outlives the gates: a plugin may be gone as soon as its gate
/// counts nobody, so who leaves touches nothing of the gate afterwards.
struct Bell {
  std::mutex mutex;
  std::condition_variable rung;
};

/// Counts who is inside. Once it is closed nobody comes in by try_enter().
class Gate {
public:
  explicit Gate(Bell &bell) noexcept : bell_(bell) {}

  /// [any thread] False where the gate is closed.
  [[nodiscard]] bool try_enter() noexcept {
    if ((state_.fetch_add(1) & kClosed) == 0)
      return true;
    leave();
    return false;
  }

  /// [any thread] Also through a closed gate: a call that is open may be cancelled to the end.
  void enter() noexcept { state_.fetch_add(1); }

  /// [any thread] Ends one try_enter() that succeeded, or one enter().
  void leave() noexcept {
    Bell &bell = bell_;
    if (state_.fetch_sub(1) != (kClosed | 1U))
      return;
    const std::lock_guard lock(bell.mutex);
    bell.rung.notify_all();
  }

  void close() noexcept { state_.fetch_or(kClosed); }

  /// Waits until nobody is inside. The gate must be closed. False where the time is up.
  [[nodiscard]] bool wait_empty(Clock::time_point until) {
    std::unique_lock lock(bell_.mutex);
    return bell_.rung.wait_until(lock, until, [this] { return state_.load() == kClosed; });
  }

private:
  static constexpr std::uint32_t kClosed = 1U << 31U;

  std::atomic<std::uint32_t> state_{0};
  Bell &bell_;
};

/// Leaves at the end of a scope.
class Inside {
public:
  explicit Inside(Gate &entered) noexcept : gate_(entered) {}
  ~Inside() { gate_.leave(); }
  Inside(const Inside &) = delete;
  Inside &operator=(const Inside &) = delete;

private:
  Gate &gate_;
};

} // namespace mistify::detail
