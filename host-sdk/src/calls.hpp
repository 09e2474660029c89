// SPDX-License-Identifier: Apache-2.0
//
// The life of a call: begun by a caller, ended once by the plugin, answered once to the caller by
// whichever comes first of the plugin, the deadline and a cancellation. Where the plugin is being
// reloaded, the call waits before it begins (calls_held.cpp).
//
// Locks: a slot's mutex, then the call table's, the deadlines', a hold's or a bell's; never two
// slots. No lock is held while a function of the plugin or of the caller runs.
#pragma once

#include "call_table.hpp"
#include "deadlines.hpp"
#include "gate.hpp"
#include "logger.hpp"
#include "mistify/host.hpp"
#include "plugin_instance.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

namespace mistify::detail {

class Calls {
public:
  Calls(const HostOptions &options, Logger &log);

  /// Begins a call of a method, or a check where method is NULL, and enters the plugin. The caller
  /// is inside the plugin's gate.
  CallId begin(Plugin &plugin, const Method *method, const CallRequest &request, Completion done);

  /// Takes a call that has to wait for its plugin: it has an id and a deadline, and may be
  /// cancelled. Nothing where the hold is over: `done` is left alone then, and the call goes
  /// another way.
  std::optional<CallId> hold(const std::shared_ptr<Hold> &hold, const CallRequest &request,
                             std::chrono::milliseconds default_deadline, Completion &done);

  /// Begins all calls that wait there, in the order of their arrival, in the plugin that they
  /// waited for. Calls may go on to come.
  void release_held(const Hold &hold, Plugin &plugin);

  /// Answers them instead, each with what answer says to its method's name.
  void refuse_held(const Hold &hold, Answer (*answer)(std::string_view method));

  // The plugin's side; contracts as in mistify_host_api.
  mistify_status end(Plugin &plugin, CallId call, Answer answer) noexcept;
  mistify_status progress(Plugin &plugin, CallId call, std::string_view json) noexcept;
  bool is_cancelled(Plugin &plugin, CallId call) noexcept;
  mistify_status set_deadline(Plugin &plugin, CallId call, std::int64_t &deadline_ns) noexcept;

  /// The caller is gone. False where the call has ended, or was answered for, already.
  bool cancel(CallId call);

  /// Cancels all calls that the plugin has open, for the reason and in the phase that the callers
  /// are told. Nobody is inside its gate.
  void cancel_all(Plugin &plugin, std::string_view why, std::string_view phase);

  /// Closes what a plugin left open although its stop() said that it has ended everything. Returns
  /// how many there were.
  std::size_t forget_all(Plugin &plugin);

  [[nodiscard]] std::size_t in_flight() const noexcept { return table_.in_use(); }
  bool drain(std::chrono::nanoseconds timeout);

  /// Calls the caller's function. What it throws against its contract goes to the log.
  void deliver(const Completion &done, Answer answer) noexcept;

private:
  struct Times {
    std::int64_t deadline_ns = MISTIFY_NO_DEADLINE;
    std::int64_t answer_by_ns = MISTIFY_NO_DEADLINE;
  };

  [[nodiscard]] Times times_for(const CallRequest &request,
                                std::chrono::milliseconds default_deadline,
                                std::int64_t now) const noexcept;
  /// A slot for the call; NULL where it was answered without one.
  CallSlot *acquire(const CallRequest &request, std::string_view method, std::size_t limit,
                    const Completion &done);
  /// What each call needs, whether it begins or waits. The slot's mutex is held.
  CallId open(CallSlot &slot, const CallRequest &request,
              std::chrono::milliseconds default_deadline, Callbacks &callbacks) noexcept;
  void release(CallSlot &slot, Callbacks &rest) noexcept;
  [[nodiscard]] std::vector<CallId> held_in(const Hold &hold);
  void begin_held(CallId call, Plugin &plugin);
  void answer_held(CallSlot &slot, std::unique_lock<std::mutex> lock, Answer answer);
  static void enter(Plugin &plugin, const Method *method, const CallRequest &request, CallId call,
                    const Times &times) noexcept;
  void after_handler(Plugin &plugin, CallSlot &slot, CallId call);
  void expire(CallId call);
  void answer_for_plugin(CallSlot &slot, std::unique_lock<std::mutex> lock, Answer answer);
  void progress_returned(CallSlot &slot) noexcept;
  void arm(const CallSlot &slot) noexcept;
  void delivered() noexcept;
  void ring_if_idle() noexcept;
  [[nodiscard]] bool idle() const noexcept;

  const std::size_t max_calls_;
  const std::int64_t margin_ns_;
  Logger &log_;
  CallTable table_;
  std::atomic<std::size_t> delivering_{0}; // completions that have not returned yet
  std::atomic<bool> draining_{false};
  std::mutex drain_mutex_;
  std::condition_variable drained_;
  Deadlines deadlines_; // last: its thread uses all of the above
};

} // namespace mistify::detail
