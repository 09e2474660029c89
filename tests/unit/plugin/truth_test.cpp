// SPDX-License-Identifier: Apache-2.0
//
// A change whose answer never comes: what is said of it, and what follows it.
#include "lost.hpp"

#include <gmock/gmock.h>

#include <ostream>
#include <thread>

namespace mdocker::methods {
namespace {

using namespace std::chrono_literals;
using namespace mdocker::test;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string kStartedEarlier = R"({"Running":false,"StartedAt":"2026-01-01T00:00:00Z"})";
const std::string kStartedAndEnded = R"({"Running":false,"StartedAt":"2026-01-02T00:00:00Z"})";
const std::string kRemoving = R"({"Running":false,"Status":"removing"})";

enum class Told { done, not_done, unknown };

struct Case {
  const char *name;
  const char *method;
  std::string before; ///< The guest's state.
  const char *change; ///< Whose answer is lost.
  Lost how;
  Reply after; ///< What the look finds.
  Told told;
  bool retryable = false;
  std::vector<std::string> network = {};
};
void PrintTo(const Case &c, std::ostream *out) {
  *out << c.name;
}

class LostAnswer : public Life, public testing::WithParamInterface<Case> {};

TEST_P(LostAnswer, IsLookedForAndToldAsItIs) {
  const Case &c = GetParam();
  // What is asked first is the guest before the change, if anything is; a stop and a pause ask for
  // nothing.
  const std::string look = std::string(c.change).find("/g1/") == std::string::npos
                               ? "GET /containers/aa/json"
                               : "GET /containers/g1/json";
  Script script{{"GET /containers/g1/json", {answer(200, guest_g1(c.before))}}};
  script[look] = {c.after};
  script[c.change] = {lost(c.how)};
  script["POST /containers/aa/wait?condition=removed"] = {answer(200, R"({"StatusCode":0})")};
  engine(std::move(script));

  const Outcome outcome = call(c.method, kG1, kShort);

  EXPECT_THAT(seen(), Contains(c.change).Times(1)) << "a change is sent once";
  EXPECT_THAT(switch_.told, testing::ElementsAreArray(c.network));
  if (c.told == Told::done) {
    ASSERT_FALSE(outcome.error) << outcome.error->what();
    EXPECT_THAT(outcome.result, HasSubstr(R"("state":")"));
    return;
  }
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->retryable(), c.retryable) << outcome.error->what();
  if (c.told == Told::not_done) {
    EXPECT_EQ(outcome.error->kind(), c.how == Lost::silent ? Kind::timeout : Kind::unavailable);
    EXPECT_THAT(outcome.error->what(), HasSubstr(" was not done: "));
    EXPECT_EQ(detail(*outcome.error, "outcome"), "not_done");
  } else {
    EXPECT_EQ(outcome.error->kind(), Kind::unknown_outcome);
    EXPECT_THAT(outcome.error->what(), testing::StartsWith("whether "));
    EXPECT_EQ(detail(*outcome.error, "outcome"), "unknown");
    EXPECT_EQ(detail(*outcome.error, "check"), "GetContainer g1");
  }
}

Reply gone() {
  return refusal(404, "No such container: g1");
}
Reply fails() {
  return refusal(500, "out of order");
}

INSTANTIATE_TEST_SUITE_P(
    Table, LostAnswer,
    testing::Values(
        Case{"start, done",
             "StartContainer",
             kStopped,
             "POST /containers/aa/start",
             Lost::silent,
             is(kRunning),
             Told::done,
             false,
             {"unplug g1", "plug g1 1"}},
        Case{"start, done, connection broken",
             "StartContainer",
             kStopped,
             "POST /containers/aa/start",
             Lost::broken,
             is(kRunning),
             Told::done,
             false,
             {"unplug g1", "plug g1 1"}},
        Case{"start, done, engine ending",
             "StartContainer",
             kStopped,
             "POST /containers/aa/start",
             Lost::ending,
             is(kRunning),
             Told::done,
             false,
             {"unplug g1", "plug g1 1"}},
        Case{"stop, not done, engine ending", "StopContainer", kRunning,
             "POST /containers/g1/stop?t=10", Lost::ending, is(kRunning), Told::not_done, true},
        Case{"delete, done, engine ending",
             "DeleteContainer",
             kStopped,
             "DELETE /containers/aa",
             Lost::ending,
             gone(),
             Told::done,
             false,
             {"unplug g1"}},
        Case{"start, not done",
             "StartContainer",
             kStartedEarlier,
             "POST /containers/aa/start",
             Lost::silent,
             is(kStartedEarlier),
             Told::not_done,
             true,
             {"unplug g1"}},
        Case{"start, not done, connection broken",
             "StartContainer",
             kStopped,
             "POST /containers/aa/start",
             Lost::broken,
             is(kStopped),
             Told::not_done,
             true,
             {"unplug g1"}},
        Case{"start, not to be seen",
             "StartContainer",
             kStopped,
             "POST /containers/aa/start",
             Lost::silent,
             fails(),
             Told::unknown,
             true,
             {"unplug g1"}},
        Case{"start, nor the look answered",
             "StartContainer",
             kStopped,
             "POST /containers/aa/start",
             Lost::silent,
             Reply().hang(),
             Told::unknown,
             true,
             {"unplug g1"}},
        Case{"stop, done",
             "StopContainer",
             kRunning,
             "POST /containers/g1/stop?t=10",
             Lost::silent,
             is(kStopped),
             Told::done,
             false,
             {"unplug g1"}},
        Case{"stop, not done", "StopContainer", kRunning, "POST /containers/g1/stop?t=10",
             Lost::broken, is(kRunning), Told::not_done, true},
        Case{"stop, not to be seen", "StopContainer", kRunning, "POST /containers/g1/stop?t=10",
             Lost::broken, fails(), Told::unknown, true},
        Case{"pause, done", "PauseContainer", kRunning, "POST /containers/g1/pause", Lost::broken,
             is(kPaused), Told::done},
        Case{"pause, not done", "PauseContainer", kRunning, "POST /containers/g1/pause",
             Lost::silent, is(kRunning), Told::not_done, true},
        Case{"pause, not to be seen", "PauseContainer", kRunning, "POST /containers/g1/pause",
             Lost::silent, fails(), Told::unknown, false},
        Case{"unpause, done", "UnpauseContainer", kPaused, "POST /containers/aa/unpause",
             Lost::broken, is(kRunning), Told::done},
        Case{"unpause, not done", "UnpauseContainer", kPaused, "POST /containers/aa/unpause",
             Lost::silent, is(kPaused), Told::not_done, true},
        Case{"delete, done",
             "DeleteContainer",
             kStopped,
             "DELETE /containers/aa",
             Lost::broken,
             gone(),
             Told::done,
             false,
             {"unplug g1"}},
        Case{"delete, under way",
             "DeleteContainer",
             kStopped,
             "DELETE /containers/aa",
             Lost::silent,
             is(kRemoving),
             Told::done,
             false,
             {"unplug g1"}},
        Case{"delete, not done",
             "DeleteContainer",
             kStopped,
             "DELETE /containers/aa",
             Lost::silent,
             is(kStopped),
             Told::not_done,
             true,
             {"unplug g1"}},
        Case{"delete, not to be seen",
             "DeleteContainer",
             kStopped,
             "DELETE /containers/aa",
             Lost::silent,
             fails(),
             Told::unknown,
             false,
             {"unplug g1"}}));

TEST_F(Life, AStartWithoutAnswerWhoseGuestHasEndedAlreadyIsNoMissingStart) {
  engine({{"GET /containers/g1/json", {is(kStartedEarlier)}},
          {"POST /containers/aa/start", {Reply().close()}},
          {"GET /containers/aa/json", {is(kStartedAndEnded)}},
          {"POST /containers/aa/stop?t=10", {answer(304, "")}}});

  const Outcome outcome = call("StartContainer", kG1);

  ASSERT_TRUE(outcome.error);
  EXPECT_THAT(outcome.error->what(), testing::StartsWith("unexpected container state: g1"));
}

TEST_F(Life, AStopWithoutAnswerOfAGuestThatIsGoneSaysSo) {
  engine({{"POST /containers/g1/stop?t=10", {Reply().close()}},
          {"GET /containers/g1/json", {gone()}}});

  const Outcome outcome = call("StopContainer", kG1);

  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->kind(), Kind::not_found);
  EXPECT_STREQ(outcome.error->what(), "No such container: g1");
}

TEST_F(Life, ARestartWhoseCallerLeavesBringsItsGuestUpAgain) {
  engine({{"GET /containers/g1/json", {is(kRunning)}},
          {"POST /containers/aa/stop?t=10", {Reply().hang()}},
          {"POST /containers/aa/wait?condition=not-running", {answer(200, "{}")}},
          {"POST /containers/aa/start", {answer(204, "")}},
          {"GET /containers/aa/json", {is(kStopped), is(kStopped), is(kRunning)}}});
  Outcome outcome;
  begin("RestartContainer", kG1, outcome);
  std::thread canceller([this] {
    EXPECT_TRUE(engine_->wait_for_requests(2));
    asio::post(io_, [this] { signals_.front().emit(kCallerLeaves); });
  });

  finish();
  canceller.join();

  EXPECT_EQ(outcome.result, R"({"guest":{"id":"g1","state":"running"}})");
  EXPECT_THAT(switch_.told, ElementsAre("unplug g1", "plug g1 1"));
}

TEST_F(Life, AReadWhoseCallerLeavesIsGivenUp) {
  engine({{"GET /containers/g1/json", {Reply().hang()}}});
  Outcome outcome;
  begin("GetContainer", R"({"id":"g1"})", outcome);
  std::thread canceller([this] {
    EXPECT_TRUE(engine_->wait_for_requests(1));
    asio::post(io_, [this] { signals_.front().emit(kCallerLeaves); });
  });

  finish();
  canceller.join();

  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->kind(), Kind::cancelled);
  EXPECT_TRUE(engine_->wait_closed(engine_->requests().front().connection));
}

} // namespace
} // namespace mdocker::methods
