// SPDX-License-Identifier: Apache-2.0
#include <runtime/idle_watch.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <gtest/gtest.h>

#include <optional>

namespace mdocker::runtime {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr auto kLimit = 40ms;

class Watched : public testing::Test {
protected:
  void begin(std::chrono::milliseconds limit = kLimit) {
    begun_ = steady_clock::now();
    watch_.emplace(io_.get_executor(), limit, [this] {
      ++times_;
      idle_after_ = steady_clock::now() - begun_;
    });
  }
  /// Calls at a time after the begin.
  void at(std::chrono::milliseconds time, std::function<void()> call) {
    auto timer = std::make_shared<boost::asio::steady_timer>(io_, begun_ + time);
    timer->async_wait([timer, call = std::move(call)](const auto &) { call(); });
  }

  boost::asio::io_context io_{1};
  std::optional<IdleWatch> watch_;
  steady_clock::time_point begun_;
  unsigned times_ = 0;
  steady_clock::duration idle_after_{};
};

TEST_F(Watched, IsIdleAfterTheFirstLimitAndSaysSoOnce) {
  begin();
  io_.run();

  EXPECT_EQ(times_, 1U);
  EXPECT_GE(idle_after_, kLimit);
}

TEST_F(Watched, TheLimitCountsFromTheLastTouch) {
  begin();
  steady_clock::time_point touched;
  for (const auto time : {10ms, 20ms, 30ms})
    at(time, [&] {
      touched = steady_clock::now();
      watch_->touch();
    });
  io_.run();

  EXPECT_EQ(times_, 1U);
  EXPECT_GE(begun_ + idle_after_, touched + kLimit);
}

TEST_F(Watched, TimeInWhichItIsHeldDoesNotCount) {
  begin();
  watch_->hold();
  io_.run(); // the timer has gone off, and nothing is left to wait for

  EXPECT_EQ(times_, 0U);
  EXPECT_GE(steady_clock::now(), begun_ + kLimit);
}

TEST_F(Watched, CountsAgainWhenItIsTouchedAfterThat) {
  begin();
  watch_->hold();
  io_.run();
  const auto touched = steady_clock::now();
  watch_->touch();
  io_.restart();
  io_.run();

  EXPECT_EQ(times_, 1U);
  EXPECT_GE(begun_ + idle_after_, touched + kLimit);
}

TEST_F(Watched, AnotherLimitHoldsFromNowOn) {
  begin(1h);
  watch_->set_limit(kLimit);
  io_.run();

  EXPECT_EQ(times_, 1U);
  EXPECT_GE(idle_after_, kLimit);
}

TEST_F(Watched, CallsNobodyAfterItsEnd) {
  begin();
  watch_.reset();
  io_.run();

  EXPECT_EQ(times_, 0U);
}

TEST_F(Watched, MayEndInsideOfItsOwnCall) {
  watch_.emplace(io_.get_executor(), kLimit, [this] {
    ++times_;
    watch_.reset();
  });
  io_.run();

  EXPECT_EQ(times_, 1U);
  EXPECT_FALSE(watch_);
}

} // namespace
} // namespace mdocker::runtime
