// SPDX-License-Identifier: Apache-2.0
//
// DeleteImage, against an engine that plays a part: which name goes, in which order, and what is
// said where the answer never comes.
#include "life.hpp"

#include <gmock/gmock.h>

#include <ostream>
#include <thread>

namespace mdocker::methods {
namespace {

using namespace mdocker::test;
using testing::Contains;
using testing::ElementsAre;
using testing::Not;
using testing::StartsWith;

const std::string kId = "sha256:" + kHex;
constexpr auto kShort = 800ms; // a look and a change, also where all is slow

Reply image(const std::string &tags, const std::string &hex = kHex) {
  return answer(200, R"({"Id":"sha256:)" + hex + R"(","RepoTags":)" + tags + R"(,"Size":2097152})");
}
Reply gone() {
  return refusal(404, "No such image: x");
}
Reply deleted() {
  return answer(200, "[]");
}

struct Asked {
  const char *name;
  std::string id;
  std::string tags;
  std::string target; ///< What the engine is told to delete.
};
void PrintTo(const Asked &asked, std::ostream *out) {
  *out << asked.name;
}
class DeletedName : public Life, public testing::WithParamInterface<Asked> {};
TEST_P(DeletedName, IsTheOneAskedForAndNeverByForce) {
  engine({{"GET /images/" + GetParam().id + "/json", {image(GetParam().tags)}},
          {"DELETE /images/" + GetParam().target, {deleted()}}});

  const Outcome outcome = call("DeleteImage", R"({"id":")" + GetParam().id + R"("})");

  EXPECT_EQ(outcome.result,
            R"({"images":[{"id":")" + GetParam().id + R"(","type":"container","size":2}]})");
  EXPECT_EQ(seen().back(), "DELETE /images/" + GetParam().target);
}
INSTANTIATE_TEST_SUITE_P(
    Table, DeletedName,
    testing::Values(Asked{"a name, with its tag", "u", R"(["u:latest"])", "u:latest"},
                    Asked{"one of several", "u", R"(["v:1","u:latest","u:2"])", "u:latest"},
                    Asked{"that could be an id", "aaaa", R"(["aaaa:latest","b:1"])", "aaaa:latest"},
                    Asked{"an id, whole", "aaaaaaaaaaaa", R"(["b:1"])", kId},
                    Asked{"an id without a name", kId, "[]", kId},
                    Asked{"an id whose name is none", kHex, R"(["<none>:<none>"])", kId},
                    Asked{"a digest", "u@" + kId, R"(["u:1"])", "u@" + kId}));

class DeletedById : public Life, public testing::WithParamInterface<std::string> {};
TEST_P(DeletedById, WithSeveralNamesIsAConflictOfWhichTheEngineIsNotTold) {
  engine({{"GET /images/" + GetParam() + "/json", {image(R"(["u:1","u:2"])")}}});

  const Outcome outcome = call("DeleteImage", R"({"id":")" + GetParam() + R"("})");

  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->kind(), Kind::conflict);
  EXPECT_STREQ(outcome.error->what(),
               "API error (409): conflict: unable to delete aaaaaaaaaaaa - image is referenced in "
               "multiple repositories: it has the names u:1, u:2; delete it by each of them");
  EXPECT_THAT(seen(), Not(Contains(StartsWith("DELETE"))));
}
INSTANTIATE_TEST_SUITE_P(Table, DeletedById, testing::Values(kId, "aaaaaaaaaaaa", "u@" + kId));

TEST_F(Life, AnImageInUseIsAConflictThatNamesItsContainer) {
  engine(
      {{"GET /images/u/json", {image(R"(["u:latest"])")}},
       {"DELETE /images/u:latest",
        {refusal(409, "conflict: unable to remove repository reference \"u:latest\" (must force) "
                      "- container 09b1ced4c355 is using its referenced image aaaaaaaaaaaa")}},
       {"GET /containers/09b1ced4c355/json", {answer(200, guest_g1(kRunning))}}});

  const Outcome outcome = call("DeleteImage", R"({"id":"u"})");

  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->kind(), Kind::conflict);
  EXPECT_EQ(outcome.error->engine_status(), 409U);
  EXPECT_STREQ(
      outcome.error->what(),
      "API error (409): conflict: unable to remove repository reference \"u:latest\" (must "
      "force) - container 09b1ced4c355 is using its referenced image aaaaaaaaaaaa; the "
      "container's name is g1");
}

TEST_F(Life, AConflictStaysTheEnginesWhereItsContainerIsNotToBeSeen) {
  engine(
      {{"GET /images/u/json", {image(R"(["u:latest"])")}},
       {"DELETE /images/u:latest", {refusal(409, "conflict: container 09b1ced4c355 is using it")}},
       {"GET /containers/09b1ced4c355/json", {Reply().close()}}});

  const Outcome outcome = call("DeleteImage", R"({"id":"u"})");

  ASSERT_TRUE(outcome.error);
  EXPECT_STREQ(outcome.error->what(),
               "API error (409): conflict: container 09b1ced4c355 is using it");
}

TEST_F(Life, AnImageThatVanishesBeforeItsDeleteIsNoSuchImage) {
  engine(
      {{"GET /images/u/json", {image(R"(["u:latest"])")}}, {"DELETE /images/u:latest", {gone()}}});

  const Outcome outcome = call("DeleteImage", R"({"id":"u"})");

  ASSERT_TRUE(outcome.error);
  EXPECT_STREQ(outcome.error->what(), "no such image");
}

enum class Told { done, not_done, unknown };
struct Case {
  const char *name;
  Reply lost;
  Reply after; ///< What the look finds.
  Told told;
};
void PrintTo(const Case &c, std::ostream *out) {
  *out << c.name;
}
class LostDelete : public Life, public testing::WithParamInterface<Case> {};
TEST_P(LostDelete, IsLookedForAndToldAsItIs) {
  engine({{"GET /images/u/json", {image(R"(["u:latest"])")}},
          {"GET /images/u:latest/json", {GetParam().after}},
          {"DELETE /images/u:latest", {GetParam().lost}}});

  const Outcome outcome = call("DeleteImage", R"({"id":"u"})", kShort);

  EXPECT_THAT(seen(), Contains("DELETE /images/u:latest").Times(1)) << "a change is sent once";
  if (GetParam().told == Told::done) {
    EXPECT_EQ(outcome.result, R"({"images":[{"id":"u","type":"container","size":2}]})");
    return;
  }
  ASSERT_TRUE(outcome.error);
  const bool unknown = GetParam().told == Told::unknown;
  EXPECT_EQ(outcome.error->kind(), unknown ? Kind::unknown_outcome : Kind::unavailable);
  EXPECT_THAT(outcome.error->what(), StartsWith(unknown ? "whether delete of u was done is unknown"
                                                        : "delete of u was not done"));
  EXPECT_EQ(outcome.error->retryable(), !unknown);
  if (unknown) {
    EXPECT_THAT(outcome.error->details(), Contains(testing::Pair("check", "GetImage u")));
  }
}
INSTANTIATE_TEST_SUITE_P(
    Table, LostDelete,
    testing::Values(
        Case{"broken, gone", Reply().close(), gone(), Told::done},
        Case{"silent, gone", Reply().hang(), gone(), Told::done},
        Case{"the name is another image's by now", Reply().close(),
             image(R"(["u:latest"])", std::string(64, 'b')), Told::done},
        Case{"broken, still there", Reply().close(), image(R"(["u:latest"])"), Told::not_done},
        Case{"silent, still there: it may come yet", Reply().hang(), image(R"(["u:latest"])"),
             Told::unknown},
        Case{"not to be seen", Reply().close(), refusal(500, "out of order"), Told::unknown}));

TEST_F(Life, ADeleteWhoseCallerLeavesKeepsItsTurnUntilItsEndIsKnown) {
  const Gate gate;
  engine({{"GET /images/u/json", {image(R"(["u:latest"])")}},
          {"GET /images/u:latest/json", {Reply().wait(gate).send(http(404, message_body("gone")))}},
          {"DELETE /images/u:latest", {Reply().hang(), gone()}}});
  Outcome first;
  Outcome second;
  begin("DeleteImage", R"({"id":"u"})", first);
  begin("DeleteImage", R"({"id":"u:latest"})", second);
  std::thread canceller([this, gate] {
    EXPECT_TRUE(engine_->wait_for_requests(2)); // the inspect and the delete
    asio::post(io_, [this] { signals_.front().emit(kCallerLeaves); });
    EXPECT_TRUE(engine_->wait_for_requests(3)); // the look
    gate.open();
  });

  finish();
  canceller.join();

  EXPECT_EQ(first.result, R"({"images":[{"id":"u","type":"container","size":2}]})");
  ASSERT_TRUE(second.error);
  EXPECT_STREQ(second.error->what(), "no such image");
  EXPECT_THAT(seen(), ElementsAre("GET /images/u/json", "DELETE /images/u:latest",
                                  "GET /images/u:latest/json", "GET /images/u:latest/json"));
}

TEST_F(Life, ASaveUnderTheNameOfAnImageThatIsBeingDeletedWaitsForItsEnd) {
  const Gate gate;
  engine({{"GET /images/r:t/json", {image(R"(["r:t"])")}},
          {"DELETE /images/r:t", {Reply().wait(gate).send(http(200, "[]"))}},
          {"GET /containers/g1/json", {answer(200, guest_g1(kStopped))}},
          {"POST /commit?container=aa&repo=r&tag=t", {answer(201, R"({"Id":")" + kId + R"("})")}},
          {"GET /images/" + kId + "/json", {image(R"(["r:t"])")}}});
  Outcome removed;
  Outcome saved;
  begin("DeleteImage", R"({"id":"r:t"})", removed);
  begin("SaveContainer", R"({"id":"g1","opts":{"Repository":"r","Tag":"t"}})", saved);
  std::thread opener([this, gate] {
    EXPECT_TRUE(engine_->wait_for_requests(2));
    gate.open();
  });

  finish();
  opener.join();

  EXPECT_FALSE(removed.error);
  EXPECT_FALSE(saved.error) << saved.error->what();
  EXPECT_THAT(seen(),
              ElementsAre("GET /images/r:t/json", "DELETE /images/r:t", "GET /containers/g1/json",
                          "POST /commit?container=aa&repo=r&tag=t",
                          "GET /images/" + kId + "/json"));
}

TEST_F(Life, DeletesOfOneImageGoInOrderWhicheverWayItIsNamed) {
  const Gate gate;
  engine({{"GET /images/u/json", {image(R"(["u:latest"])")}},
          {"GET /images/aaaaaaaaaaaa/json", {image(R"(["u:latest"])"), gone()}},
          {"GET /images/docker.io/library/u:latest/json", {gone()}},
          {"DELETE /images/u:latest", {Reply().wait(gate).send(http(200, "[]"))}}});
  Outcome first;
  Outcome by_id;
  Outcome third;
  begin("DeleteImage", R"({"id":"u"})", first);
  begin("DeleteImage", R"({"id":"aaaaaaaaaaaa"})", by_id);
  begin("DeleteImage", R"({"id":"docker.io/library/u:latest"})", third);
  std::thread opener([this, gate] {
    EXPECT_TRUE(engine_->wait_for_requests(3)); // both inspects, and the first delete
    gate.open();
  });

  finish();
  opener.join();

  EXPECT_EQ(first.result, R"({"images":[{"id":"u","type":"container","size":2}]})");
  ASSERT_TRUE(by_id.error);
  EXPECT_STREQ(by_id.error->what(), "no such image");
  ASSERT_TRUE(third.error);
  const std::vector<std::string> lines = seen();
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_EQ(lines[3], "GET /images/aaaaaaaaaaaa/json");
  EXPECT_EQ(lines[4], "GET /images/docker.io/library/u:latest/json");
}

} // namespace
} // namespace mdocker::methods
