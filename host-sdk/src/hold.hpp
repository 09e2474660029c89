// SPDX-License-Identifier: Apache-2.0
//
// Where calls wait while their plugin is being reloaded.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace mistify::detail {

/// Numbers the calls that wait. The calls themselves are in the call table, like all others. Once
/// it is over it stays so: no call is left where nobody looks any more.
class Hold {
public:
  /// [any thread] The number of one more call that waits; nothing where the hold is over.
  [[nodiscard]] std::optional<std::uint64_t> join() {
    const std::lock_guard lock(mutex_);
    if (over_)
      return std::nullopt;
    return joined_++;
  }

  /// How many have joined.
  [[nodiscard]] std::uint64_t joined() const {
    const std::lock_guard lock(mutex_);
    return joined_;
  }

  /// Ends it unless more than these have joined. False where it goes on.
  [[nodiscard]] bool end_after(std::uint64_t joined) {
    const std::lock_guard lock(mutex_);
    over_ = over_ || joined_ == joined;
    return over_;
  }

  void end() {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }

private:
  mutable std::mutex mutex_;
  std::uint64_t joined_ = 0;
  bool over_ = false;
};

/// What a call that waits was given, until it reaches its plugin.
struct HeldCall {
  std::shared_ptr<Hold> hold;
  std::uint64_t number = 0; ///< Of its arrival.
  std::string method;
  std::string params_json;
  std::string trace_id;
};

} // namespace mistify::detail
