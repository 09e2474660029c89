// SPDX-License-Identifier: Apache-2.0
//
// The calls in flight, and the event loop that they run on: one thread for all of them.
#pragma once

#include "error.hpp"
#include "methods/method.hpp"
#include "settings.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace mdocker {

class Calls {
public:
  using Id = std::uint64_t;
  /// Receives what a call came to: one of the two is not null. On the event loop, once.
  using Outcome = std::function<void(const std::string *result, const Error *error)>;

  /// [event loop] Whether nobody waits for a call any more.
  using IsCancelled = std::function<bool(Id)>;

  /// Starts the event loop. Throws where that is not possible. settings and log outlive it.
  Calls(const Settings &settings, const Log &log, IsCancelled is_cancelled);
  /// The loop has ended: stop() returned true.
  ~Calls();
  Calls(const Calls &) = delete;
  Calls &operator=(const Calls &) = delete;

  /// [any thread] Hands a call to the loop.
  void begin(Id id, std::unique_ptr<methods::Call> call, methods::Deadline deadline, Outcome done);
  /// [any thread] The caller has left (methods::kCallerLeaves). A call that is not known any more
  /// is ignored.
  void cancel(Id id) noexcept;
  /// [one thread] No begin() runs any more, and stop() follows: what nobody has called for ends.
  void quiesce() noexcept;
  /// [one thread] Cancels what is open, closes every connection and joins the loop. False when that
  /// was not done by the deadline; may then be called again. No begin() runs meanwhile or after.
  bool stop(std::chrono::steady_clock::time_point deadline) noexcept;

private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

} // namespace mdocker
