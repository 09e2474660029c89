// SPDX-License-Identifier: Apache-2.0
#include "runtime/backoff.hpp"

#include <gtest/gtest.h>

namespace mdocker::runtime {
namespace {

using namespace std::chrono_literals;

TEST(Backoff, GrowsToHalfASecondAndAfterAMinuteToFive) {
  Backoff pauses;
  const Backoff::Clock::time_point begun{};

  EXPECT_EQ(pauses.next(begun), 20ms);
  EXPECT_EQ(pauses.next(begun), 40ms);
  for (int i = 0; i < 3; ++i)
    pauses.next(begun);
  EXPECT_EQ(pauses.next(begun + 59s), 500ms);
  EXPECT_EQ(pauses.next(begun + 60s), 5s);
  EXPECT_EQ(pauses.next(begun + 1h), 5s);
}

TEST(Backoff, BeginsAnewAfterASuccess) {
  Backoff pauses;
  const Backoff::Clock::time_point begun{};
  pauses.next(begun);
  pauses.next(begun);

  pauses.reset();

  EXPECT_EQ(pauses.next(begun + 1h), 20ms);
}

} // namespace
} // namespace mdocker::runtime
