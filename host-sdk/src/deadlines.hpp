// SPDX-License-Identifier: Apache-2.0
//
// When the host answers for a plugin: one thread, asleep until the earliest deadline.
#pragma once

#include "mistify/host.hpp"
#include "monotonic.hpp"

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace mistify::detail {

/// The deadlines of calls, one at most for each slot of the call table.
///
/// The heap knows where each slot's deadline is, so that a call that ends takes its deadline along:
/// stale ones would pile up (tens of thousands a second, for half a minute each).
class Deadlines {
public:
  /// slots: how many there are. expired: called on the thread, unlocked, for each one that passed.
  Deadlines(std::size_t slots, std::function<void(CallId)> expired);
  ~Deadlines();
  Deadlines(const Deadlines &) = delete;
  Deadlines &operator=(const Deadlines &) = delete;

  /// [any thread] Sets the slot's deadline, or moves it. Wakes the thread only where it would sleep
  /// past it.
  void set(std::uint32_t slot, CallId call, std::int64_t when_ns) noexcept;

  /// [any thread] Takes the slot's deadline away, if there is one.
  void remove(std::uint32_t slot) noexcept;

  /// [any thread] Runs a chore on the thread soon.
  void post(std::function<void()> chore);

private:
  struct Entry {
    std::int64_t when_ns;
    CallId call;
    std::uint32_t slot;
  };
  static constexpr std::uint32_t kNowhere = UINT32_MAX;

  void run();
  void wait(std::unique_lock<std::mutex> &lock);
  std::vector<CallId> take_passed();
  void erase(std::uint32_t place) noexcept;
  void put(std::uint32_t place, const Entry &entry) noexcept;
  void sift_up(std::uint32_t place) noexcept;
  void sift_down(std::uint32_t place) noexcept;

  std::function<void(CallId)> expired_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Entry> heap_;           // reserved for all slots: set() allocates nothing
  std::vector<std::uint32_t> places_; // of each slot in heap_
  std::vector<std::function<void()>> chores_;
  std::int64_t sleeps_until_ns_ = 0; // 0: awake
  bool quit_ = false;
  std::thread thread_; // last: it uses all of the above
};

} // namespace mistify::detail
