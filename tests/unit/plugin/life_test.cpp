// SPDX-License-Identifier: Apache-2.0
#include "life.hpp"

#include <boost/asio/detached.hpp>

#include <gmock/gmock.h>

#include <ostream>
#include <thread>

namespace mdocker::methods {
namespace {

using namespace std::chrono_literals;
using namespace mdocker::test;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kRunningG1 = R"({"guest":{"id":"g1","state":"running"}})";

TEST_F(Life, StartUnplugsWhatLingersAndPlugsWhatTheGuestWasCreatedWith) {
  engine({{"GET /containers/g1/json", {answer(200, guest_g1(kStopped))}},
          {"POST /containers/aa/start", {answer(204, "")}},
          {"GET /containers/aa/json", {answer(200, guest_g1(kRunning))}}});

  const Outcome outcome = call("StartContainer", kG1);

  EXPECT_EQ(outcome.result, kRunningG1);
  EXPECT_THAT(switch_.told, ElementsAre("unplug g1", "plug g1 1"));
}

TEST_F(Life, StartOfARunningGuestLetsTheDriverCompare) {
  engine({{"GET /containers/g1/json", {answer(200, guest_g1(kRunning))}},
          {"POST /containers/aa/start", {answer(304, "")}},
          {"GET /containers/aa/json", {answer(200, guest_g1(kRunning))}}});

  const Outcome outcome = call("StartContainer", kG1);

  EXPECT_EQ(outcome.result, kRunningG1);
  EXPECT_THAT(switch_.told, ElementsAre("plug g1 1"));
}

TEST_F(Life, StartOfARunningGuestThatCannotBePluggedLeavesItRunning) {
  switch_.broken = true;
  engine({{"GET /containers/g1/json", {answer(200, guest_g1(kRunning))}},
          {"POST /containers/aa/start", {answer(304, "")}},
          {"GET /containers/aa/json", {answer(200, guest_g1(kRunning))}}});

  const Outcome outcome = call("StartContainer", kG1);

  ASSERT_TRUE(outcome.error);
  EXPECT_STREQ(outcome.error->what(), "no such bridge");
  EXPECT_EQ(seen().back(), "GET /containers/aa/json");
}

TEST_F(Life, NicsThatCannotBePluggedAreRefusedBeforeAnythingIsTouched) {
  switch_.refuses = true;
  engine({{"GET /containers/g1/json", {answer(200, guest_g1(kRunning))}}});

  for (const char *method : {"StartContainer", "RestartContainer"}) {
    const Outcome outcome = call(method, kG1);
    ASSERT_TRUE(outcome.error);
    EXPECT_EQ(outcome.error->kind(), Kind::invalid);
  }

  EXPECT_THAT(seen(), testing::Each("GET /containers/g1/json"));
  EXPECT_TRUE(switch_.told.empty());
}

TEST_F(Life, StopThatCannotUnplugSaysThatTheGuestIsStopped) {
  switch_.stuck = true;
  engine({{"POST /containers/g1/stop?t=10", {answer(204, "")}},
          {"GET /containers/g1/json", {answer(200, guest_g1(kStopped))}}});

  const Outcome outcome = call("StopContainer", kG1);

  ASSERT_TRUE(outcome.error);
  EXPECT_STREQ(outcome.error->what(), "g1 was stopped, but no word from the switch");
  EXPECT_TRUE(outcome.error->retryable());
}

TEST_F(Life, StartThatCannotPlugStopsTheGuestAgain) {
  switch_.broken = true;
  engine({{"GET /containers/g1/json", {answer(200, guest_g1(kStopped))}},
          {"POST /containers/aa/start", {answer(204, "")}},
          {"GET /containers/aa/json", {answer(200, guest_g1(kRunning))}},
          {"POST /containers/aa/stop?t=10", {answer(204, "")}}});

  const Outcome outcome = call("StartContainer", kG1);

  ASSERT_TRUE(outcome.error);
  EXPECT_STREQ(outcome.error->what(), "no such bridge");
  EXPECT_EQ(seen().back(), "POST /containers/aa/stop?t=10");
}

TEST_F(Life, StartThatIsNotRunningAfterwardsIsAnError) {
  engine({{"GET /containers/g1/json", {answer(200, guest_g1(kStopped))}},
          {"POST /containers/aa/start", {answer(204, "")}},
          {"GET /containers/aa/json", {answer(200, guest_g1(kStopped))}},
          {"POST /containers/aa/stop?t=10", {answer(304, "")}}});

  const Outcome outcome = call("StartContainer", kG1);

  ASSERT_TRUE(outcome.error);
  EXPECT_THAT(outcome.error->what(), testing::StartsWith("unexpected container state"));
  EXPECT_THAT(switch_.told, ElementsAre("unplug g1"));
}

TEST_F(Life, StopUnplugsAlsoWhereTheRequestNamesNoNics) {
  engine({{"POST /containers/g1/stop?t=5", {answer(304, "")}},
          {"GET /containers/g1/json", {answer(200, guest_g1(kStopped))}}});

  const Outcome outcome = call("StopContainer", R"({"guest":{"id":"g1"},"args":{"timeout":"5"}})");

  EXPECT_EQ(outcome.result, R"({"guest":{"id":"g1","state":"stopped"}})");
  EXPECT_THAT(switch_.told, ElementsAre("unplug g1"));
}

TEST_F(Life, RestartOfAGuestWithOtherNicsDoesNotStopIt) {
  engine({{"GET /containers/g1/json", {answer(200, guest_g1(kRunning))}}});

  const Outcome outcome =
      call("RestartContainer", R"({"guest":{"id":"g1","nics":[{"name":"eth2"}]}})");

  ASSERT_TRUE(outcome.error);
  EXPECT_THAT(outcome.error->what(), HasSubstr("guest.nics[0]"));
  EXPECT_THAT(seen(), ElementsAre("GET /containers/g1/json"));
}

TEST_F(Life, RestartUnplugsAndPlugs) {
  engine({{"GET /containers/g1/json", {answer(200, guest_g1(kRunning))}},
          {"POST /containers/aa/stop?t=10", {answer(204, "")}},
          {"POST /containers/aa/start", {answer(204, "")}},
          {"GET /containers/aa/json",
           {answer(200, guest_g1(kStopped)), answer(200, guest_g1(kRunning))}}});

  const Outcome outcome = call("RestartContainer", kG1);

  EXPECT_EQ(outcome.result, kRunningG1);
  EXPECT_THAT(switch_.told, ElementsAre("unplug g1", "plug g1 1"));
}

TEST_F(Life, DeleteUnplugsWhatADeadGuestLeftBehind) {
  engine({{"GET /containers/g1/json", {answer(200, guest_g1(kStopped))}},
          {"DELETE /containers/aa", {answer(204, "")}}});

  const Outcome outcome = call("DeleteContainer", kG1);

  EXPECT_EQ(outcome.result, R"({"guest":{"id":"g1","state":"deleted"}})");
  EXPECT_THAT(switch_.told, ElementsAre("unplug g1"));
}

TEST_F(Life, DeleteThatIsRefusedLeavesARunningGuestItsNetwork) {
  engine({{"GET /containers/g1/json", {answer(200, guest_g1(kRunning))}},
          {"DELETE /containers/aa", {answer(409, R"({"message":"it is running"})")}}});

  const Outcome outcome = call("DeleteContainer", kG1);

  ASSERT_TRUE(outcome.error);
  EXPECT_STREQ(outcome.error->what(), "API error (409): it is running");
  EXPECT_TRUE(switch_.told.empty());
}

struct Removal {
  const char *name;
  Reply waited;
  const char *error; // null: deleted
};
void PrintTo(const Removal &removal, std::ostream *out) {
  *out << removal.name;
}

class RemovalInProgress : public Life, public testing::WithParamInterface<Removal> {};
TEST_P(RemovalInProgress, IsWaitedForAndThenDone) {
  engine({{"GET /containers/g1/json", {answer(200, guest_g1(kStopped))}},
          {"DELETE /containers/aa",
           {answer(409, R"({"message":"removal of container aa is already in progress"})")}},
          {"POST /containers/aa/wait?condition=removed", {GetParam().waited}}});

  const Outcome outcome = call("DeleteContainer", kG1, 500ms);

  if (GetParam().error == nullptr) {
    EXPECT_EQ(outcome.result, R"({"guest":{"id":"g1","state":"deleted"}})");
  } else {
    ASSERT_TRUE(outcome.error);
    EXPECT_STREQ(outcome.error->what(), GetParam().error);
  }
}
INSTANTIATE_TEST_SUITE_P(
    Table, RemovalInProgress,
    testing::Values(Removal{"gone", answer(200, R"({"StatusCode":0})"), nullptr},
                    Removal{"gone before it was asked", answer(404, "{}"), nullptr},
                    Removal{"failed",
                            answer(200, R"({"StatusCode":0,"Error":{"Message":"device busy"}})"),
                            "the removal of g1 failed: device busy"},
                    Removal{"too slow", Reply().hang(), "the removal of g1 is still in progress"}));

TEST_F(Life, UnpauseOfAGuestThatIsNotPausedIsRefusedWithoutAsking) {
  engine({{"GET /containers/g1/json", {answer(200, guest_g1(kRunning))}}});

  const Outcome outcome = call("UnpauseContainer", kG1);

  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->kind(), Kind::conflict);
  EXPECT_STREQ(outcome.error->what(), "Container g1 is not paused");
  EXPECT_THAT(seen(), ElementsAre("GET /containers/g1/json"));
}

TEST_F(Life, AChangeWithoutAnswerThatIsSeenToBeDoneIsDone) {
  engine({{"POST /containers/g1/pause", {Reply().hang()}},
          {"GET /containers/g1/json", {answer(200, guest_g1(kPaused))}}});

  const Outcome outcome = call("PauseContainer", kG1, 300ms);

  EXPECT_EQ(outcome.result, R"({"guest":{"id":"g1","state":"paused"}})");
  EXPECT_THAT(log_.lines, testing::Contains(testing::StartsWith("pause of g1 was done: ")));
}

TEST_F(Life, AStopWhoseCallerLeavesIsGivenUpAndAwaitedInItsTurn) {
  engine({{"POST /containers/g1/stop?t=10", {Reply().hang()}},
          {"POST /containers/g1/wait?condition=not-running", {answer(200, "{}")}},
          {"POST /containers/g1/pause", {answer(204, "")}},
          {"GET /containers/g1/json",
           {answer(200, guest_g1(kStopped)), answer(200, guest_g1(kStopped)),
            answer(200, guest_g1(kPaused))}}});
  Outcome left;
  Outcome next;
  begin("StopContainer", kG1, left);
  begin("PauseContainer", kG1, next);
  std::thread canceller([this] {
    EXPECT_TRUE(engine_->wait_for_requests(1));
    asio::post(io_, [this] { signals_.front().emit(methods::kCallerLeaves); });
  });

  finish();
  canceller.join();

  EXPECT_TRUE(engine_->wait_closed(engine_->requests().front().connection));
  EXPECT_EQ(left.result, R"({"guest":{"id":"g1","state":"stopped"}})");
  EXPECT_THAT(switch_.told, ElementsAre("unplug g1"));
  EXPECT_EQ(next.result, R"({"guest":{"id":"g1","state":"paused"}})");
  EXPECT_THAT(seen(), ElementsAre("POST /containers/g1/stop?t=10",
                                  "POST /containers/g1/wait?condition=not-running",
                                  "GET /containers/g1/json", "GET /containers/g1/json",
                                  "POST /containers/g1/pause", "GET /containers/g1/json"));
}

TEST_F(Life, AChangeWhoseCallerLeavesBeforeItsTurnIsNotDone) {
  const Gate left_it;
  engine({{"POST /containers/g1/stop?t=10",
           {Reply().wait(left_it).then([] { return answer(204, ""); })}},
          {"GET /containers/g1/json", {answer(200, guest_g1(kStopped))}}});
  Outcome first;
  Outcome left;
  begin("StopContainer", kG1, first);
  begin("PauseContainer", kG1, left);
  asio::post(io_, [this, left_it] {
    signals_.back().emit(methods::kCallerLeaves);
    left_it.open();
  });

  finish();

  EXPECT_EQ(first.result, R"({"guest":{"id":"g1","state":"stopped"}})");
  ASSERT_TRUE(left.error);
  EXPECT_EQ(left.error->kind(), Kind::cancelled);
  EXPECT_THAT(seen(), ElementsAre("POST /containers/g1/stop?t=10", "GET /containers/g1/json"));
}

TEST_F(Life, AChangeIsGivenUpWhenThePluginStops) {
  engine({{"POST /containers/g1/stop?t=10", {Reply().hang()}}});
  Outcome outcome;
  begin("StopContainer", kG1, outcome);
  std::thread stopper([this] {
    EXPECT_TRUE(engine_->wait_for_requests(1));
    asio::post(io_, [this] { signals_.front().emit(methods::kPluginStops); });
  });

  finish();
  stopper.join();

  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->kind(), Kind::unknown_outcome); // it was sent
  EXPECT_THAT(outcome.error->what(), HasSubstr("the plugin stops"));
  EXPECT_TRUE(engine_->wait_closed(engine_->requests().front().connection));
}

asio::awaitable<void> hold(runtime::Turns &turns, std::optional<runtime::Turns::Turn> &held) {
  held.emplace(co_await turns.take("g1"));
}

TEST_F(Life, AChangeWaitsForTheTurnOfItsGuest) {
  engine({{"GET /containers/g1/json", {answer(200, guest_g1(kPaused))}},
          {"POST /containers/g1/pause", {answer(204, "")}}});
  std::optional<runtime::Turns::Turn> held;
  asio::co_spawn(io_, hold(turns_, held), asio::detached);

  const Outcome outcome = call("PauseContainer", kG1, 300ms);

  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->phase(), "wait");
  EXPECT_THAT(seen(), testing::IsEmpty());
}

TEST_F(Life, AnIdWaitsForTheTurnOfItsName) {
  engine({{"GET /containers/aa/json", {answer(200, guest_g1(kPaused))}},
          {"POST /containers/aa/pause", {answer(204, "")}}});
  std::optional<runtime::Turns::Turn> held;
  asio::co_spawn(io_, hold(turns_, held), asio::detached);

  const Outcome outcome = call("PauseContainer", R"({"guest":{"id":"aa"}})", 300ms);

  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->phase(), "wait");
  EXPECT_THAT(seen(), ElementsAre("GET /containers/aa/json"));
}

TEST_F(Life, CreatePassesTheEnginesWarningsOn) {
  engine({{"POST /containers/create?name=g1",
           {answer(201, R"({"Id":"aa","Warnings":["no swap","no kernel memory"]})")}},
          {"GET /containers/aa/json", {answer(200, guest_g1(kStopped))}}});

  const Outcome outcome = call("CreateContainer", R"({"guest":{"id":"g1","nics":[{}]}})");

  EXPECT_THAT(outcome.result, testing::EndsWith(R"(,"message":"no swap; no kernel memory"})"));
  EXPECT_THAT(log_.lines, testing::Contains("create of g1: no swap"));
}

TEST_F(Life, CreateAsksForTheEnginesCpusOnlyWhereTheGuestIsLimited) {
  engine({{"GET /info", {answer(200, R"({"NCPU":4})")}},
          {"POST /containers/create?name=g1", {answer(201, R"({"Id":"aa","Warnings":null})")}},
          {"GET /containers/aa/json", {answer(200, guest_g1(kStopped))}}});

  call("CreateContainer", R"({"guest":{"id":"g1","nics":[{}]}})");
  const std::vector<std::string> unlimited = seen();
  call("CreateContainer", R"({"guest":{"id":"g1","nics":[{}],"cpu":1}})");

  EXPECT_THAT(unlimited, testing::Not(testing::Contains("GET /info")));
  EXPECT_THAT(seen(), testing::Contains("GET /info"));
}

} // namespace
} // namespace mdocker::methods
