// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace mdocker::runtime {

/// How long to wait between attempts at what fails: from a little to half a second, so that it is
/// found soon when it is back, and after a minute 5 s.
class Backoff {
public:
  using Clock = std::chrono::steady_clock;

  /// The wait after an attempt that has failed.
  Clock::duration next(Clock::time_point now = Clock::now()) noexcept {
    constexpr std::chrono::milliseconds kFirst{20};
    constexpr std::chrono::milliseconds kLongest{500};
    constexpr std::chrono::seconds kPatience{60};
    constexpr std::chrono::seconds kLongAfter{5};
    if (!since_) {
      since_ = now;
      pause_ = kFirst;
    }
    if (now - *since_ >= kPatience)
      return kLongAfter;
    return std::exchange(pause_, std::min<Clock::duration>(2 * pause_, kLongest));
  }
  /// An attempt has succeeded.
  void reset() noexcept { since_.reset(); }

private:
  std::optional<Clock::time_point> since_; ///< The first failure.
  Clock::duration pause_{};
};

} // namespace mdocker::runtime
