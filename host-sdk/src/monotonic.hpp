// SPDX-License-Identifier: Apache-2.0
//
// Times as the ABI tells them: nanoseconds of CLOCK_MONOTONIC.
#pragma once

#include "mistify/plugin.h"

#include <chrono>
#include <cstdint>

namespace mistify::detail {

// On Linux the steady clock is CLOCK_MONOTONIC.
using Clock = std::chrono::steady_clock;

inline std::int64_t to_ns(Clock::time_point time) noexcept {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}
inline Clock::time_point from_ns(std::int64_t ns) noexcept {
  return Clock::time_point(
      std::chrono::duration_cast<Clock::duration>(std::chrono::nanoseconds(ns)));
}
inline std::int64_t now_ns() noexcept {
  return to_ns(Clock::now());
}

/// a + b, never below 0, and "no deadline" where the sum is more than fits.
inline std::int64_t saturating_add(std::int64_t a, std::int64_t b) noexcept {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum))
    return b > 0 ? MISTIFY_NO_DEADLINE : 0;
  return sum < 0 ? 0 : sum;
}

/// When a wait that may take so long is over.
inline Clock::time_point after(std::chrono::nanoseconds timeout) noexcept {
  return from_ns(saturating_add(now_ns(), timeout.count()));
}

} // namespace mistify::detail
