// SPDX-License-Identifier: Apache-2.0
//
// Lists, looks and saves, against an engine that plays a part.
#include "life.hpp"

#include <gmock/gmock.h>

#include <thread>

namespace mdocker::methods {
namespace {

using namespace mdocker::test;
using testing::HasSubstr;

TEST_F(Life, ListKeepsTheEnginesOrderAndLeavesOutWhatVanished) {
  engine({{"GET /containers/json", {answer(200, R"([{"Id":"c"},{"Id":"b"},{"Id":"a"}])")}},
          {"GET /containers/a/json", {answer(200, R"({"Id":"a", "new" : 1.50})")}},
          {"GET /containers/c/json", {answer(200, R"({"Id":"c"})")}}});

  const Outcome outcome = call("ListContainers", "{}");

  EXPECT_EQ(outcome.result, R"({"containers":[{"Id":"c"},{"Id":"a", "new" : 1.50}]})");
}

TEST_F(Life, ListOfNoneIsEmpty) {
  engine({{"GET /containers/json?all=1", {answer(200, "[]")}}});

  EXPECT_EQ(call("ListContainers", R"({"opts":{"All":true}})").result, R"({"containers":[]})");
}

TEST_F(Life, ListAsksForSizesOnEachInspectAndNotInTheList) {
  engine({{"GET /containers/json", {answer(200, R"([{"Id":"a"}])")}},
          {"GET /containers/a/json?size=1", {answer(200, R"({"Id":"a","SizeRw":1})")}}});

  const Outcome outcome = call("ListContainers", R"({"opts":{"Size":true}})");

  EXPECT_EQ(outcome.result, R"({"containers":[{"Id":"a","SizeRw":1}]})");
}

TEST_F(Life, ListFailsWithTheFirstErrorAndEndsTheOtherInspects) {
  engine({{"GET /containers/json", {answer(200, R"([{"Id":"a"},{"Id":"b"}])")}},
          {"GET /containers/a/json", {Reply().hang()}},
          {"GET /containers/b/json", {answer(500, R"({"message":"broken"})")}}});
  const auto asked = std::chrono::steady_clock::now();

  const Outcome outcome = call("ListContainers", "{}");

  ASSERT_TRUE(outcome.error);
  EXPECT_STREQ(outcome.error->what(), "API error (500): broken");
  EXPECT_LT(std::chrono::steady_clock::now() - asked, 10s); // of the 20 s that the silent one had
}

TEST_F(Life, ListThatIsCancelledEndsItsInspects) {
  engine({{"GET /containers/json", {answer(200, R"([{"Id":"a"},{"Id":"b"}])")}},
          {"GET /containers/a/json", {Reply().hang()}},
          {"GET /containers/b/json", {Reply().hang()}}});
  const auto asked = std::chrono::steady_clock::now();
  Outcome outcome;
  begin("ListContainers", "{}", outcome);
  std::thread leaver([this] {
    EXPECT_TRUE(engine_->wait_for_requests(3));
    boost::asio::post(io_, [this] { signals_.front().emit(methods::kCallerLeaves); });
  });

  finish();
  leaver.join();

  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->kind(), Kind::cancelled);
  EXPECT_LT(std::chrono::steady_clock::now() - asked, 10s);
}

TEST_F(Life, GetPassesTheInspectOnAsItCame) {
  engine({{"GET /containers/g1/json", {answer(200, " {\"Id\" : \"aa\", \"x\":1e400}\n")}}});

  EXPECT_EQ(call("GetContainer", R"({"id":"g1"})").result,
            R"({"containers":[{"Id" : "aa", "x":1e400}]})");
}

TEST_F(Life, AnAnswerThatIsNoJsonIsTheEnginesFault) {
  engine({{"GET /info", {answer(200, "<html>")}}});

  const Outcome outcome = call("GetInfo", "{}");

  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->kind(), Kind::engine);
  EXPECT_THAT(outcome.error->what(), HasSubstr("answer to info: no well-formed JSON at byte 0"));
}

const std::string kImage = "sha256:" + std::string(64, 'e');

TEST_F(Life, SaveTellsTheSizeOfTheImage) {
  engine({{"GET /containers/g1/json", {answer(200, guest_g1(kStopped))}},
          {"POST /commit?container=aa&repo=r&tag=t&comment=m&author=a%20b",
           {answer(201, R"({"Id":")" + kImage + R"("})")}},
          {"GET /images/" + kImage + "/json", {answer(200, R"({"Size":3145727})")}}});

  const Outcome outcome = call("SaveContainer", R"({"id":"g1","opts":{"Repository":"r","Tag":"t",
      "Message":"m","Author":"a b"}})");

  EXPECT_EQ(outcome.result,
            R"({"images":[{"id":")" + kImage + R"(","type":"container","size":2}]})");
}

TEST_F(Life, SaveUnpausesAGuestThatTheEngineLeftPaused) {
  engine({{"GET /containers/g1/json", {answer(200, guest_g1(kRunning))}},
          {"POST /commit?container=aa", {answer(201, R"({"Id":")" + kImage + R"("})")}},
          {"GET /containers/aa/json", {answer(200, guest_g1(kPaused))}},
          {"POST /containers/aa/unpause", {answer(204, "")}},
          {"GET /images/" + kImage + "/json", {answer(200, R"({"Size":0})")}}});

  const Outcome outcome = call("SaveContainer", R"({"id":"g1"})");

  EXPECT_FALSE(outcome.error);
  EXPECT_THAT(seen(), testing::Contains("POST /containers/aa/unpause"));
  EXPECT_THAT(log_.lines, testing::Contains(HasSubstr("left it paused")));
}

TEST_F(Life, SaveThatCannotLookNamesTheImageAllTheSame) {
  engine({{"GET /containers/g1/json", {answer(200, guest_g1(kStopped))}},
          {"POST /commit?container=aa", {answer(201, R"({"Id":")" + kImage + R"("})")}},
          {"GET /images/" + kImage + "/json", {answer(500, R"({"message":"broken"})")}}});

  const Outcome outcome = call("SaveContainer", R"({"id":"g1"})");

  ASSERT_TRUE(outcome.error);
  EXPECT_THAT(outcome.error->what(), HasSubstr("g1 was saved as " + kImage));
}

} // namespace
} // namespace mdocker::methods
