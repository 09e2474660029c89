// SPDX-License-Identifier: Apache-2.0
//
// An event loop: descriptors by epoll, timers, and calls from other threads.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

namespace mdocker::test {

class Loop {
public:
  using Clock = std::chrono::steady_clock;
  using Call = std::function<void()>;
  using OnEvents = std::function<void(std::uint32_t events)>;

  /// Throws std::system_error.
  Loop();
  ~Loop();
  Loop(const Loop &) = delete;
  Loop &operator=(const Loop &) = delete;

  /// Runs until stop(), on the thread that calls it: the loop's.
  void run();
  /// [any thread]
  void stop();
  /// [any thread] What is never run is destroyed with the loop.
  void post(Call call);
  /// [any thread]
  void after(Clock::duration time, Call call);

  /// [the loop's thread, or before run()] The events as epoll_ctl takes them. Gives the handle for
  /// remove(); after that nothing is called.
  std::uint64_t add(int fd, std::uint32_t events, OnEvents on_events);
  void remove(int fd, std::uint64_t handle);

private:
  void wake() const;
  void run_posted();
  void run_timers();
  [[nodiscard]] int time_left() const;

  int epoll_;
  int wake_;
  std::mutex mutex_; ///< For the next two.
  bool stopped_ = false;
  std::vector<Call> posted_;
  std::multimap<Clock::time_point, Call> timers_;
  std::unordered_map<std::uint64_t, OnEvents> watched_;
  std::uint64_t last_handle_ = 0;
};

} // namespace mdocker::test
