// SPDX-License-Identifier: Apache-2.0
//
// A change whose answer never comes: what is said of it, and what follows it.
#include "life.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <ostream>
#include <thread>

namespace mdocker::methods {
namespace {

using namespace std::chrono_literals;
using namespace mdocker::test;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kG1 = R"({"guest":{"id":"g1"}})";
constexpr auto kShort = 800ms; // a look and a change, also where all is slow

const std::string kStartedEarlier = R"({"Running":false,"StartedAt":"2026-01-01T00:00:00Z"})";
const std::string kStartedAndEnded = R"({"Running":false,"StartedAt":"2026-01-02T00:00:00Z"})";
const std::string kRemoving = R"({"Running":false,"Status":"removing"})";

enum class Lost { silent, broken };
enum class Told { done, not_done, unknown };

Reply lost(Lost how) {
  return how == Lost::silent ? Reply().hang() : Reply().close();
}

std::string detail(const Error &error, std::string_view name) {
  for (const auto &[key, value] : error.details())
    if (key == name)
      return value;
  return {};
}

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

Reply is(const std::string &state) {
  return answer(200, guest_g1(state));
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

// An engine that makes what it is told to, and loses its answers. [double's thread]
struct Creator {
  explicit Creator(Lost how) : how_(how) {}

  Reply operator()(const Request &request) {
    if (request.method == "POST" && request.path() == "/containers/create") {
      ++creates;
      if (!labels_.empty())
        return refusal(409, "Conflict. The container name \"/g1\" is already in use");
      const std::string body(request.body);
      labels_ = std::string(mistify::json::find(mistify::json::members(body), "Labels")->raw);
      return lost(how_);
    }
    if (request.line() == "GET /containers/g1/json") {
      if (labels_.empty() || hidden)
        return refusal(404, "No such container: g1");
      return answer(200, R"({"Id":"aa","Name":"/g1","State":)" + kStopped +
                             R"(,"Config":{"Labels":)" + labels_ + "}}");
    }
    if (request.line() == "GET /containers/aa/json")
      return answer(200, R"({"Id":"aa","Name":"/g1","State":)" + kStopped + "}");
    return refusal(404, "not in the script");
  }

  std::atomic<int> creates{0};
  std::atomic<bool> hidden{false}; ///< It is made a little later than it is looked for.

private:
  Lost how_;
  std::string labels_;
};

constexpr std::string_view kCreateG1 = R"({"guest":{"id":"g1","nics":[{}]}})";
constexpr std::string_view kCreateAnotherG1 = R"({"guest":{"id":"g1","memory":64,"nics":[{}]}})";
constexpr const char *kCreated = R"({"guest":{"id":"g1",)";

class HalfAnsweredCreate : public Life, public testing::WithParamInterface<Lost> {};
INSTANTIATE_TEST_SUITE_P(Lost, HalfAnsweredCreate, testing::Values(Lost::silent, Lost::broken),
                         [](const auto &how) {
                           return how.param == Lost::silent ? "silent" : "broken";
                         });

TEST_P(HalfAnsweredCreate, ThatIsThereWasDone) {
  Creator creator(GetParam());
  engine(std::ref(creator));

  const Outcome outcome = call("CreateContainer", kCreateG1, kShort);

  EXPECT_THAT(outcome.result, testing::StartsWith(kCreated));
  EXPECT_EQ(creator.creates, 1);
}

TEST_P(HalfAnsweredCreate, ThatIsNotThereYetIsAdoptedWhenItIsAskedForAgain) {
  Creator creator(GetParam());
  creator.hidden = true;
  engine(std::ref(creator));
  const Outcome first = call("CreateContainer", kCreateG1, kShort);
  ASSERT_TRUE(first.error);
  EXPECT_TRUE(first.error->retryable());
  EXPECT_EQ(detail(*first.error, "outcome"), "not_done");
  EXPECT_EQ(creator.creates, 1) << "it was sent twice blindly";
  creator.hidden = false;

  const Outcome again = call("CreateContainer", kCreateG1);
  const Outcome once_more = call("CreateContainer", kCreateG1);

  EXPECT_THAT(again.result, testing::StartsWith(kCreated));
  ASSERT_TRUE(once_more.error) << "what was adopted is not adopted again";
  EXPECT_STREQ(once_more.error->what(), "container already exists");
}

TEST_P(HalfAnsweredCreate, IsNotAdoptedForAnotherGuestOfThatName) {
  Creator creator(GetParam());
  creator.hidden = true;
  engine(std::ref(creator));
  ASSERT_TRUE(call("CreateContainer", kCreateG1, kShort).error);
  creator.hidden = false;

  const Outcome other = call("CreateContainer", kCreateAnotherG1);

  ASSERT_TRUE(other.error);
  EXPECT_EQ(other.error->kind(), Kind::conflict);
}

TEST_F(Life, ACreateWithoutAnswerThatMeetsAForeignContainerIsAConflict) {
  engine({{"POST /containers/create?name=g1", {Reply().close()}},
          {"GET /containers/g1/json", {is(kStopped)}}}); // has no token of ours

  const Outcome outcome = call("CreateContainer", kCreateG1);

  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->kind(), Kind::conflict);
  EXPECT_STREQ(outcome.error->what(), "container already exists");
}

class HalfAnsweredSave : public Life {
protected:
  void save_on_engine(bool done, Lost how = Lost::broken) {
    engine([this, done, how](const Request &request) {
      if (request.line() == "GET /containers/g1/json")
        return is(kStopped);
      if (request.path() == "/commit") {
        const std::string body(request.body);
        const auto at = body.find(kSaveLabel);
        token_ = body.substr(at + kSaveLabel.size() + 3, 32);
        return lost(how);
      }
      if (request.path() == "/images/json")
        return answer(200, done && request.target.find(token_) != std::string::npos
                               ? R"([{"Id":"sha256:)" + kHex + R"("}])"
                               : "[]");
      if (request.path() == "/images/sha256:" + kHex + "/json")
        return answer(200, R"({"Size":5242880})");
      return refusal(404, "not in the script");
    });
  }

  const std::string kHex = std::string(64, 'a');
  std::string token_;
};

TEST_F(HalfAnsweredSave, IsFoundByItsLabel) {
  save_on_engine(true);

  const Outcome outcome = call("SaveContainer", R"({"id":"g1","opts":{"Repository":"r"}})");

  EXPECT_EQ(outcome.result,
            R"({"images":[{"id":"sha256:)" + kHex + R"(","type":"container","size":5}]})");
}

TEST_F(HalfAnsweredSave, ThatIsNotFoundWasNotDone) {
  save_on_engine(false);

  const Outcome outcome = call("SaveContainer", R"({"id":"g1","opts":{"Repository":"r"}})");

  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(detail(*outcome.error, "outcome"), "not_done");
  EXPECT_THAT(seen(), Contains(testing::StartsWith("POST /commit")).Times(1));
}

TEST_F(HalfAnsweredSave, ThatMayGoOnIsUnknownAndItsImageIsWhatToLookAt) {
  save_on_engine(false, Lost::silent);

  const Outcome outcome =
      call("SaveContainer", R"({"id":"g1","opts":{"Repository":"r","Tag":"t"}})", kShort);

  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->kind(), Kind::unknown_outcome);
  EXPECT_EQ(detail(*outcome.error, "check"), "GetImage r:t");
}

} // namespace
} // namespace mdocker::methods
