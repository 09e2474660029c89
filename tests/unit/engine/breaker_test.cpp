// SPDX-License-Identifier: Apache-2.0
#include <engine/breaker.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace mdocker::engine {
namespace {

using namespace std::chrono_literals;
using State = Breaker::State;

// A breaker whose probes the test answers, or lets run into their time.
class BreakerTest : public testing::Test {
protected:
  void SetUp() override { make({.limit = 2, .doubt = 10ms, .probe = 30s}); }

  void make(const Breaker::Options &options) {
    breaker_ = std::make_shared<Breaker>(
        io_.get_executor(), options,
        [this](Breaker::Clock::time_point until) { return ask(until); },
        [this](bool open) { told_.push_back(open); });
  }

  asio::awaitable<bool> ask(Breaker::Clock::time_point until) {
    ++probes_;
    asio::steady_timer timer(co_await asio::this_coro::executor, until);
    pending_ = &timer;
    answer_.reset();
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    pending_ = nullptr;
    co_return answer_.value_or(false);
  }

  // The probe under way gets its answer, or is found to have none.
  void answer_probe(bool there) {
    ASSERT_NE(pending_, nullptr);
    answer_ = there;
    pending_->cancel();
    run_ready();
  }

  // Runs what can be run without waiting.
  void run_ready() {
    io_.restart();
    io_.poll();
  }

  void fail(int times) {
    for (int i = 0; i < times; ++i)
      breaker_->unanswered();
    run_ready();
  }

  // Opens it, with one probe under way that waits long.
  void open() {
    fail(2);
    answer_probe(false);
    ASSERT_EQ(breaker_->state(), State::half_open);
  }

  void admit(std::optional<bool> &admitted) {
    asio::co_spawn(io_, breaker_->admit(), [&](const std::exception_ptr &thrown, bool may) {
      EXPECT_FALSE(thrown);
      admitted = may;
    });
    run_ready();
  }

  asio::io_context io_;
  std::shared_ptr<Breaker> breaker_;
  std::vector<bool> told_;
  asio::steady_timer *pending_ = nullptr;
  std::optional<bool> answer_;
  int probes_ = 0;
};

TEST_F(BreakerTest, LetsThroughWhileItIsClosed) {
  std::optional<bool> admitted;
  fail(1);

  admit(admitted);

  EXPECT_EQ(admitted, true);
  EXPECT_EQ(probes_, 0);
  EXPECT_EQ(breaker_->state(), State::closed);
}

TEST_F(BreakerTest, AnAnswerInBetweenStartsTheCountAgain) {
  fail(1);
  breaker_->answered();
  fail(1);

  EXPECT_EQ(probes_, 0);
}

TEST_F(BreakerTest, StaysClosedWhereItsOwnQuestionIsAnswered) {
  fail(2);
  EXPECT_EQ(breaker_->state(), State::closed) << "it asks first";

  answer_probe(true);

  EXPECT_EQ(breaker_->state(), State::closed);
  EXPECT_TRUE(told_.empty());
  fail(1);
  EXPECT_EQ(probes_, 1) << "the count starts again";
}

TEST_F(BreakerTest, StaysClosedWhereAnotherRequestIsAnsweredMeanwhile) {
  fail(2);
  breaker_->answered();

  answer_probe(false);

  EXPECT_EQ(breaker_->state(), State::closed);
}

TEST_F(BreakerTest, OpensWhereItsOwnQuestionIsNotAnsweredInTime) {
  fail(2);
  io_.restart();
  io_.run_for(15ms); // the doubt

  EXPECT_NE(breaker_->state(), State::closed);
  EXPECT_EQ(told_, std::vector<bool>{true});
}

TEST_F(BreakerTest, TurnsAwayWhileItIsOpenAndTheProbeIsOld) {
  open();
  std::optional<bool> admitted;

  admit(admitted);

  EXPECT_EQ(admitted, false);
  EXPECT_EQ(probes_, 2) << "one probe at a time";
}

TEST_F(BreakerTest, AsksAgainOnlyWhereSomebodyWasTurnedAway) {
  open();

  answer_probe(false);

  EXPECT_EQ(breaker_->state(), State::open);
  EXPECT_EQ(probes_, 2);
}

TEST_F(BreakerTest, GoesOnAskingForWhoWasTurnedAway) {
  open();
  std::optional<bool> admitted;
  admit(admitted);

  answer_probe(false);

  EXPECT_EQ(breaker_->state(), State::half_open);
  EXPECT_EQ(probes_, 3);
}

TEST_F(BreakerTest, TheFirstRequestAfterAQuietTimeWaitsForItsProbeAndPasses) {
  open();
  answer_probe(false);
  std::optional<bool> first;
  std::optional<bool> second;
  admit(first);
  admit(second);
  EXPECT_EQ(first, std::nullopt) << "it waits a moment";
  EXPECT_EQ(probes_, 3);

  answer_probe(true);

  EXPECT_EQ(first, true);
  EXPECT_EQ(second, true);
  EXPECT_EQ(breaker_->state(), State::closed);
  EXPECT_EQ(told_, (std::vector<bool>{true, false}));
}

TEST_F(BreakerTest, NobodyWaitsLongerThanAMomentForAProbe) {
  open();
  answer_probe(false);
  std::optional<bool> admitted;
  admit(admitted);

  const auto begun = Breaker::Clock::now();
  io_.restart();
  while (!admitted && Breaker::Clock::now() - begun < 20s)
    io_.run_one_for(20s);

  EXPECT_EQ(admitted, false);
  EXPECT_LT(Breaker::Clock::now() - begun, 10s) << "the probe itself has 30 s";
}

TEST_F(BreakerTest, AnyAnswerClosesIt) {
  open();

  breaker_->answered();

  EXPECT_EQ(breaker_->state(), State::closed);
  std::optional<bool> admitted;
  admit(admitted);
  EXPECT_EQ(admitted, true);
}

TEST_F(BreakerTest, ShutDownGivesTheProbeUp) {
  open();

  breaker_->shut_down();
  run_ready();
  EXPECT_EQ(pending_, nullptr);

  std::optional<bool> admitted;
  admit(admitted);
  EXPECT_EQ(probes_, 2) << "nothing is asked any more";
}

} // namespace
} // namespace mdocker::engine
