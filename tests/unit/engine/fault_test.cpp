// SPDX-License-Identifier: Apache-2.0
//
// What an engine may do wrong: each request has one result, of the right kind; a change is sent
// once; a connection that failed is given up, and the next call works.
#include "client_fixture.hpp"

#include <future>
#include <iterator>
#include <memory>
#include <mutex>
#include <ostream>
#include <string_view>
#include <vector>

namespace mdocker::test {
namespace {

constexpr std::size_t kLimit = 2000; // limits.engine_answer

// "/bad" takes the fault that is set, all else is answered well.
class FaultTest : public ClientTest {
protected:
  void SetUp() override {
    use(engine_, R"(,"limits":{"engine_answer":)" + std::to_string(kLimit) + "}");
    expect_well(); // a kept connection is there
  }

  Came bad(std::string_view verb, std::chrono::milliseconds time) {
    before_ = engine_.requests().size();
    if (verb == "GET")
      return run(client_->get("/bad", in(time)));
    if (verb == "POST")
      return run(client_->post("/bad", R"({"a":1})", in(time)));
    return run(client_->del("/bad", in(time)));
  }

  void expect_well() {
    const Came came = run(client_->get("/good", in(10s)));
    ASSERT_TRUE(came.answer) << came.error->what();
    EXPECT_EQ(came.answer->body, "well");
  }

  // Those of the last bad().
  [[nodiscard]] std::vector<Request> bad_requests() const {
    const std::vector<Request> all = engine_.requests();
    return {std::next(all.begin(), static_cast<std::ptrdiff_t>(before_)), all.end()};
  }

  // While the client's loop runs, as the plugin's always does.
  void expect_given_up() {
    for (const Request &request : bad_requests()) {
      const auto until = steady_clock::now() + kWaitLimit;
      bool closed = engine_.wait_closed(request.connection, 1ms);
      for (; !closed && steady_clock::now() < until;
           closed = engine_.wait_closed(request.connection, 1ms))
        let_loop_run();
      EXPECT_TRUE(closed) << request.connection;
    }
  }

  void let_loop_run() {
    io_.restart();
    io_.poll();
  }

  void set_fault(Reply fault) {
    const std::lock_guard lock(mutex_);
    fault_ = std::move(fault);
  }

  EngineDouble engine_{[this](const Request &request) {
    const std::lock_guard lock(mutex_);
    return request.path() == "/bad" ? fault_ : answer(200, "well", engine_.api_version());
  }};

private:
  std::mutex mutex_;
  Reply fault_;
  std::size_t before_ = 0;
};

// An answer that breaks off after each of its bytes.
struct Break {
  const char *name;
  Reply (*whole)();
  Reply &(Reply::*end)();
};
void PrintTo(const Break &value, std::ostream *out) {
  *out << value.name;
}

class BreakTest : public FaultTest, public testing::WithParamInterface<Break> {
protected:
  // An answer without its last byte is none, but one in chunks is whole without its last line feed.
  static std::uint64_t shortest_whole() {
    const Reply whole = GetParam().whole();
    const bool in_chunks = std::get<Reply::Send>(whole.steps().front()).bytes.ends_with(kLastChunk);
    return whole.size() - (in_chunks ? 1 : 0);
  }

  // Puts the fault after so many bytes; gives whether the status line is in them.
  bool break_after(std::uint64_t bytes) {
    Reply fault = GetParam().whole().first(bytes);
    const std::string sent = std::get<Reply::Send>(fault.steps().front()).bytes;
    set_fault((fault.*GetParam().end)());
    return sent.find("\r\n") != std::string::npos;
  }
};

TEST_P(BreakTest, OfAReadIsUnavailable) {
  const std::uint64_t size = shortest_whole();
  for (std::uint64_t bytes = 0; bytes < size && !HasFailure(); ++bytes) {
    SCOPED_TRACE(bytes);
    const bool status_came = break_after(bytes);

    const Came came = bad("GET", 10s);

    ASSERT_TRUE(came.error);
    EXPECT_EQ(came.error->kind(), Kind::unavailable) << came.error->what();
    EXPECT_LE(bad_requests().size(), status_came ? 1U : 2U);
    expect_given_up();
    expect_well();
  }
}

TEST_P(BreakTest, OfAChangeLeavesItsOutcomeUnknownAndIsNotSentAgain) {
  const std::uint64_t size = shortest_whole();
  for (std::uint64_t bytes = 0; bytes < size && !HasFailure(); ++bytes) {
    SCOPED_TRACE(bytes);
    break_after(bytes);

    const Came came = bad(bytes % 2 == 0 ? "POST" : "DELETE", 10s);

    ASSERT_TRUE(came.error);
    EXPECT_EQ(came.error->kind(), Kind::unknown_outcome) << came.error->what();
    EXPECT_EQ(bad_requests().size(), 1U);
    expect_given_up();
    expect_well();
  }
}

Reply plain() {
  return answer(200, R"({"Id":"aa"})");
}
Reply bodiless() {
  return answer(204);
}
Reply in_chunks() {
  return chunked(200, {R"({"Id":)", R"("aa"})"});
}
Reply refused() {
  return refusal(409, "it is running");
}

INSTANTIATE_TEST_SUITE_P(Each, BreakTest,
                         testing::Values(Break{"PlainReset", &plain, &Reply::reset},
                                         Break{"PlainClosed", &plain, &Reply::close},
                                         Break{"PlainHalfClosed", &plain, &Reply::half_close},
                                         Break{"BodilessReset", &bodiless, &Reply::reset},
                                         Break{"BodilessHalfClosed", &bodiless, &Reply::half_close},
                                         Break{"ChunkedReset", &in_chunks, &Reply::reset},
                                         Break{"ChunkedHalfClosed", &in_chunks, &Reply::half_close},
                                         Break{"RefusalReset", &refused, &Reply::reset},
                                         Break{"RefusalHalfClosed", &refused, &Reply::half_close}),
                         [](const auto &param_info) { return param_info.param.name; });

// Whether the client waits for more until its time is up.
enum class Ends { at_once, at_the_deadline };

struct Fault {
  const char *name;
  Reply reply;
  Ends ends;
  Kind read;
  Kind change;
};
void PrintTo(const Fault &fault, std::ostream *out) {
  *out << fault.name;
}

class BadReplyTest : public FaultTest, public testing::WithParamInterface<Fault> {
protected:
  void SetUp() override {
    FaultTest::SetUp();
    set_fault(GetParam().reply);
  }
  static std::chrono::milliseconds time() { return GetParam().ends == Ends::at_once ? 10s : 200ms; }
};

TEST_P(BadReplyTest, ToARead) {
  const auto begin = steady_clock::now();

  const Came came = bad("GET", time());

  ASSERT_TRUE(came.error);
  EXPECT_EQ(came.error->kind(), GetParam().read) << came.error->what();
  EXPECT_LE(bad_requests().size(), 2U);
  EXPECT_LT(steady_clock::now() - begin, 5s);
  expect_given_up();
  expect_well();
}

TEST_P(BadReplyTest, ToAChange) {
  for (const std::string_view verb : {"POST", "DELETE"}) {
    SCOPED_TRACE(verb);
    const auto begin = steady_clock::now();

    const Came came = bad(verb, time());

    ASSERT_TRUE(came.error);
    EXPECT_EQ(came.error->kind(), GetParam().change) << came.error->what();
    EXPECT_EQ(bad_requests().size(), 1U);
    EXPECT_LT(steady_clock::now() - begin, 5s);
    expect_given_up();
    expect_well();
  }
}

const std::string kHalfObject = R"({"Id":)";

// Where the client waits, nothing but its own end closes the connection.
INSTANTIATE_TEST_SUITE_P(
    Each, BadReplyTest,
    testing::Values(
        Fault{"NoAnswer", Reply().hang(), Ends::at_the_deadline, Kind::timeout,
              Kind::unknown_outcome},
        Fault{"HalfAHead", Reply().send("HTTP/1.1 200 OK\r\nConte").hang(), Ends::at_the_deadline,
              Kind::timeout, Kind::unknown_outcome},
        Fault{"HalfABody", wrong_length(200, kHalfObject, 100).hang(), Ends::at_the_deadline,
              Kind::timeout, Kind::unknown_outcome},
        Fault{"HalfABodyThenTheEnd", wrong_length(200, kHalfObject, 100).half_close(),
              Ends::at_once, Kind::unavailable, Kind::unknown_outcome},
        Fault{"HalfAChunk", cut_chunk(200, kHalfObject, 3).hang(), Ends::at_the_deadline,
              Kind::timeout, Kind::unknown_outcome},
        Fault{"HalfAChunkThenTheEnd", cut_chunk(200, kHalfObject, 3).half_close(), Ends::at_once,
              Kind::unavailable, Kind::unknown_outcome},
        Fault{"NoChunkLength", Reply().send(chunked_head(200) + "xyz\r\n{}\r\n").hang(),
              Ends::at_once, Kind::unavailable, Kind::unknown_outcome},
        Fault{"NoHttp", garbage().hang(), Ends::at_once, Kind::unavailable, Kind::unknown_outcome},
        Fault{"HugeBody", huge(std::uint64_t{1} << 40U), Ends::at_once, Kind::engine, Kind::engine},
        Fault{"HugeBodyByOneByte", huge(kLimit + 1), Ends::at_once, Kind::engine, Kind::engine},
        Fault{"HugeChunks", Reply().send(chunked_head(200) + "40000000\r\n").fill(1U << 30U),
              Ends::at_once, Kind::engine, Kind::engine},
        Fault{"HugeHead", Reply().send("HTTP/1.1 200 OK\r\nX: ").fill(1U << 30U), Ends::at_once,
              Kind::unavailable, Kind::unknown_outcome},
        Fault{"SlowHead", Reply().drip(http(200, "{}"), 1, 20ms), Ends::at_the_deadline,
              Kind::timeout, Kind::unknown_outcome},
        Fault{"SlowBody", Reply().send(head(200, 1000)).drip(std::string(1000, 'x'), 1, 20ms),
              Ends::at_the_deadline, Kind::timeout, Kind::unknown_outcome}),
    [](const auto &param_info) { return param_info.param.name; });

TEST_F(FaultTest, AnAnswerThatDripsInTimeIsTaken) {
  set_fault(Reply().drip(http(200, "{}"), 3, 1ms));
  for (const std::string_view verb : {"GET", "POST", "DELETE"}) {
    const Came came = bad(verb, 10s);

    ASSERT_TRUE(came.answer) << came.error->what();
    EXPECT_EQ(came.answer->body, "{}");
    EXPECT_EQ(bad_requests().size(), 1U);
  }
}

// What comes after the length that was named is no part of any answer.
TEST_F(FaultTest, WhatFollowsAnAnswerIsIgnoredAndItsConnectionGivenUp) {
  for (const std::string_view verb : {"GET", "POST", "DELETE"}) {
    set_fault(wrong_length(200, "{}{}", 2));

    const Came came = bad(verb, 10s);

    ASSERT_TRUE(came.answer) << came.error->what();
    EXPECT_EQ(came.answer->body, "{}");
    EXPECT_EQ(bad_requests().size(), 1U);
    expect_given_up();
    expect_well();
  }
}

TEST_F(FaultTest, AnAnswerToNoRequestIsNotTakenForTheNextOnes) {
  const Gate gate;
  std::promise<void> stray_is_out;
  set_fault(answer(200, "{}").wait(gate).send(http(200, "stray")).then([&] {
    stray_is_out.set_value();
    return Reply().hang();
  }));
  ASSERT_TRUE(bad("GET", 10s).answer);
  gate.open();
  ASSERT_EQ(stray_is_out.get_future().wait_for(10s), std::future_status::ready);
  let_loop_run();

  for (int i = 0; i < 3; ++i)
    expect_well();
}

TEST_F(FaultTest, AnEngineThatLeavesEachConnectionAtOnceIsOneError) {
  engine_.set_mood(EngineDouble::Mood::leaves);
  for (const std::string_view verb : {"GET", "POST", "DELETE"}) {
    const Came came = bad(verb, 10s);

    ASSERT_TRUE(came.error);
    // Whether anything of a change went out before the connection closed is chance.
    EXPECT_TRUE(came.error->kind() == Kind::unavailable ||
                (verb != "GET" && came.error->kind() == Kind::unknown_outcome))
        << came.error->what();
  }
  engine_.set_mood(EngineDouble::Mood::answers);
  EXPECT_TRUE(engine_.wait_open_at_most(0));
  expect_well();
}

TEST_F(FaultTest, AWholeEngineThatHangsIsATimeoutAndWorksWhenItIsBack) {
  engine_.set_mood(EngineDouble::Mood::silent);
  const Came read = bad("GET", 200ms);
  ASSERT_TRUE(read.error);
  EXPECT_EQ(read.error->kind(), Kind::timeout) << read.error->what();
  expect_given_up();
  const Came change = bad("POST", 200ms); // it does not get beyond the ping
  ASSERT_TRUE(change.error);
  EXPECT_EQ(change.error->kind(), Kind::timeout) << change.error->what();
  EXPECT_TRUE(bad_requests().empty());

  engine_.set_mood(EngineDouble::Mood::answers);

  expect_well();
}

struct Refusal {
  const char *name;
  Reply (*refusal)();
  const char *now;
};
void PrintTo(const Refusal &value, std::ostream *out) {
  *out << value.name;
}

class VersionRefusedTest : public FaultTest, public testing::WithParamInterface<Refusal> {};

TEST_P(VersionRefusedTest, IsNegotiatedAgainAndTheRequestSentOnceMore) {
  for (const std::string_view verb : {"GET", "POST", "DELETE"}) {
    SCOPED_TRACE(verb);
    engine_.set_api_version("1.43");
    expect_well();
    expect_well(); // the first one's answer told of the version
    const std::string now = GetParam().now;
    engine_.set_api_version(now);
    auto refused = std::make_shared<bool>(false);
    set_fault(Reply().then([refused, now, refusal = GetParam().refusal()] {
      return std::exchange(*refused, true) ? answer(200, "{}", now) : refusal;
    }));

    const Came came = bad(verb, 10s);

    ASSERT_TRUE(came.answer) << came.error->what();
    EXPECT_EQ(came.answer->status, 200U);
    const std::vector<Request> sent = bad_requests();
    ASSERT_EQ(sent.size(), 2U);
    EXPECT_EQ(sent[0].version, "1.43");
    EXPECT_EQ(sent[1].version, now);
    EXPECT_EQ(sent[1].body, sent[0].body);
  }
}

TEST_P(VersionRefusedTest, TwiceIsTheAnswer) {
  for (const std::string_view verb : {"GET", "POST", "DELETE"}) {
    SCOPED_TRACE(verb);
    set_fault(GetParam().refusal());

    const Came came = bad(verb, 10s);

    ASSERT_TRUE(came.answer) << came.error->what();
    EXPECT_EQ(came.answer->status, 400U);
    EXPECT_LE(bad_requests().size(), 2U);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Each, VersionRefusedTest,
    testing::Values(Refusal{"TooNew", [] { return version_too_new("1.43", "1.41"); }, "1.41"},
                    Refusal{"TooOld", [] { return version_too_old("1.43", "1.44", "1.52"); },
                            "1.52"}),
    [](const auto &param_info) { return param_info.param.name; });

} // namespace
} // namespace mdocker::test
