// SPDX-License-Identifier: Apache-2.0
//
// An engine in trouble: who waits for it, for how long, and who does not.
#include "client_fixture.hpp"

#include <boost/asio/post.hpp>

#include <gmock/gmock.h>

#include <list>
#include <thread>

namespace mdocker::test {
namespace {

using testing::HasSubstr;

std::string breaker_of(const Error &error) {
  for (const auto &[name, value] : error.details())
    if (name == "breaker")
      return value;
  return {};
}

class Trouble : public ClientTest {
protected:
  void TearDown() override {
    asio::post(io_, [this] { // of those that have ended nothing is left to cancel
      auto signal = signals_.begin();
      for (const Came &came : came_) {
        if (came.times == 0)
          signal->emit(asio::cancellation_type::terminal);
        ++signal;
      }
    });
    io_.restart();
    io_.poll();
    ClientTest::TearDown();
  }

  // Begins a request beside others.
  Came &begin(asio::awaitable<Answer> request) {
    Came &came = came_.emplace_back(); // one signal for each
    asio::co_spawn(io_, std::move(request),
                   asio::bind_cancellation_slot(
                       signals_.emplace_back().slot(),
                       [&came](const std::exception_ptr &thrown, engine::Answer answer) {
                         keep(came, thrown, std::move(answer));
                       }));
    return came;
  }

  // Runs the loop until that has come to an end, or the time is up.
  void run_until_end_of(const Came &came, std::chrono::milliseconds time = 20s) {
    const auto until = steady_clock::now() + time;
    io_.restart();
    while (came.times == 0 && steady_clock::now() < until)
      io_.run_one_until(until);
  }

  // Until the breaker of the whole engine is open.
  void open_breaker() {
    for (int i = 0; i < 20; ++i) {
      const Came came = run(client_->get("/info", in(150ms)));
      ASSERT_TRUE(came.error);
      if (breaker_of(*came.error) != "closed")
        return;
    }
    FAIL() << "the breaker stays closed";
  }

  std::list<Came> came_;
  std::list<asio::cancellation_signal> signals_;
};

TEST_F(Trouble, AnEngineThatIsSilentFailsCallsAtOnceAfterTheFirstFew) {
  EngineDouble engine([](const Request &) { return answer(200, "{}"); });
  use(engine);
  ASSERT_TRUE(run(client_->get("/info", in(5s))).answer);
  engine.set_mood(EngineDouble::Mood::silent);
  open_breaker();
  const std::size_t sent = engine.requests().size();

  const auto begun = steady_clock::now();
  const Came read = run(client_->get("/info", in(20s)));
  const Came change = run(client_->post("/containers/g1/start", std::nullopt, in(20s)));

  EXPECT_LT(steady_clock::now() - begun, 5s);
  for (const Came *came : {&read, &change}) {
    ASSERT_TRUE(came->error);
    EXPECT_EQ(came->error->kind(), Kind::unavailable);
    EXPECT_TRUE(came->error->retryable());
    EXPECT_THAT(came->error->what(), HasSubstr(engine.endpoint() + " has not answered for "));
  }
  EXPECT_EQ(engine.requests().size(), sent) << "nothing but probes is sent";
}

TEST_F(Trouble, TheFirstAnswerLetsCallsThroughAgain) {
  EngineDouble engine([](const Request &) { return answer(200, "{}"); });
  use(engine);
  engine.set_mood(EngineDouble::Mood::silent);
  open_breaker();

  engine.set_mood(EngineDouble::Mood::answers);

  Came came;
  for (const auto until = steady_clock::now() + 10s; !came.answer && steady_clock::now() < until;)
    came = run(client_->get("/info", in(5s)));
  EXPECT_TRUE(came.answer);
}

TEST_F(Trouble, AnEngineThatIsGoneIsNotOneThatIsSilent) {
  std::optional<EngineDouble> engine(std::in_place,
                                     [](const Request &) { return answer(200, "{}"); });
  use(*engine);
  ASSERT_TRUE(run(client_->get("/info", in(5s))).answer);
  engine.reset();

  for (int i = 0; i < 10; ++i) {
    const Came came = run(client_->get("/info", in(5s)));
    ASSERT_TRUE(came.error);
    EXPECT_THAT(came.error->what(), HasSubstr("cannot reach"));
    EXPECT_EQ(breaker_of(*came.error), "closed");
  }
}

TEST_F(Trouble, ASlowChangeIsNoSilentEngine) {
  EngineDouble engine([](const Request &request) {
    return request.method == "POST" ? Reply().hang() : answer(200, "{}");
  });
  use(engine);

  for (int i = 0; i < 5; ++i)
    EXPECT_TRUE(run(client_->post("/containers/g1/stop", std::nullopt, in(20ms))).error);

  EXPECT_TRUE(run(client_->get("/info", in(5s))).answer);
}

TEST_F(Trouble, WhoGivesUpAfterAWhileHasNoticedItToo) {
  EngineDouble engine([](const Request &) { return Reply().hang(); });
  use(engine);
  ASSERT_TRUE(run(client_->get("/info", in(10ms))).error); // negotiated
  engine.set_mood(EngineDouble::Mood::silent);
  const Came &patient = begin(client_->get("/info", in(60s)));
  asio::steady_timer leave(io_, 2100ms);
  leave.async_wait(
      [this](const auto &) { signals_.back().emit(asio::cancellation_type::terminal); });
  run_until_end_of(patient);
  ASSERT_TRUE(patient.error);

  // Nothing but the caller that left has told of it; the doubt takes its time.
  const auto until = steady_clock::now() + 10s;
  std::optional<Error> error;
  while (!error || breaker_of(*error) == "closed") {
    ASSERT_LT(steady_clock::now(), until);
    const Came &came = begin(client_->get("/other", in(1s)));
    asio::steady_timer early(io_, 900ms); // before its deadline could tell
    early.async_wait(
        [this](const auto &) { signals_.back().emit(asio::cancellation_type::terminal); });
    run_until_end_of(came);
    error = came.error;
  }
}

TEST_F(Trouble, WhoWaitsForAPlaceIsSentAwayWhenTheEngineFallsSilent) {
  EngineDouble engine([](const Request &) { return answer(200, "{}"); });
  use(engine, R"(,"limits":{"engine_reads":1})");
  ASSERT_TRUE(run(client_->get("/info", in(5s))).answer);
  engine.set_mood(EngineDouble::Mood::silent);
  begin(client_->get("/info", in(100ms)));
  begin(client_->get("/info", in(60s))); // gets the place then, and keeps it
  const Came &waiting = begin(client_->get("/info", in(60s)));

  run_until_end_of(waiting);

  ASSERT_TRUE(waiting.error);
  EXPECT_THAT(waiting.error->what(), HasSubstr("has not answered for "));
}

TEST_F(Trouble, WhatWasAskedBeforeIsGivenUpWhenTheEngineFallsSilent) {
  EngineDouble engine([](const Request &) { return answer(200, "{}"); });
  use(engine);
  ASSERT_TRUE(run(client_->get("/info", in(5s))).answer);
  engine.set_mood(EngineDouble::Mood::silent);
  const Came &patient = begin(client_->get("/info", in(60s)));
  begin(client_->get("/info", in(100ms)));

  run_until_end_of(patient);

  ASSERT_TRUE(patient.error);
  EXPECT_EQ(patient.error->kind(), Kind::timeout);
}

TEST_F(Trouble, APathThatGoesUnansweredHoldsUpNobodyElse) {
  std::atomic<bool> stuck{true};
  EngineDouble engine([&](const Request &request) {
    return stuck && request.target == "/containers/bad/json" ? Reply().hang() : answer(200, "{}");
  });
  use(engine);
  Came bad;
  for (int i = 0; i < 20 && (!bad.error || breaker_of(*bad.error) == "closed"); ++i)
    bad = run(client_->get("/containers/bad/json", in(200ms)));

  const auto begun = steady_clock::now();
  bad = run(client_->get("/containers/bad/json", in(20s)));
  const Came good = run(client_->get("/containers/good/json", in(20s)));

  EXPECT_LT(steady_clock::now() - begun, 5s);
  ASSERT_TRUE(bad.error);
  EXPECT_EQ(bad.error->kind(), Kind::unavailable);
  EXPECT_THAT(bad.error->what(), HasSubstr("has not answered GET /containers/bad/json"));
  EXPECT_TRUE(good.answer);

  stuck = false;
  bad = {};
  client_.emplace(io_.get_executor(), settings_, log_); // its probe would wait as long as a read
  EXPECT_TRUE(run(client_->get("/containers/bad/json", in(20s))).answer);
}

TEST_F(Trouble, ReadsOfListsLeaveHalfOfThePlaces) {
  Gate gate;
  EngineDouble engine([&](const Request &request) {
    return request.target == "/one" ? answer(200, "{}") : Reply().wait(gate).send(http(200, "{}"));
  });
  use(engine, R"(,"limits":{"engine_reads":4})");
  ASSERT_TRUE(run(client_->get("/one", in(5s))).answer);
  for (int i = 0; i < 10; ++i)
    begin(client_->get("/bulk", in(20s), engine::Share::bulk));

  const Came &one = begin(client_->get("/one", in(20s)));
  run_until_end_of(one, 10s);

  EXPECT_TRUE(one.answer);
  EXPECT_LE(engine.requests().size(), 4U) << "the first, the last, and two of the lists";
  gate.open();
  run_until_end_of(came_.front());
}

} // namespace
} // namespace mdocker::test
