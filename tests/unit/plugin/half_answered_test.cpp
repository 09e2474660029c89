// SPDX-License-Identifier: Apache-2.0
//
// A create and a save whose answers never come: what they made is found again by its label.
#include "lost.hpp"

#include <gmock/gmock.h>

#include <atomic>

namespace mdocker::methods {
namespace {

using namespace mdocker::test;
using testing::Contains;

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
  const std::string without_token = guest_g1(kStopped);
  const std::string of_another_host = R"({"Id":"aa","Name":"/g1","State":)" + kStopped +
                                      R"(,"Config":{"Labels":{")" + std::string(kCreateLabel) +
                                      R"(":"0123456789abcdef0123456789abcdef"}}})";
  for (const std::string &foreign : {without_token, of_another_host}) {
    engine({{"POST /containers/create?name=g1", {Reply().close()}},
            {"GET /containers/g1/json", {answer(200, foreign)}}});

    const Outcome outcome = call("CreateContainer", kCreateG1);

    ASSERT_TRUE(outcome.error) << foreign;
    EXPECT_EQ(outcome.error->kind(), Kind::conflict);
    EXPECT_STREQ(outcome.error->what(), "container already exists");
  }
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
        return answer(200, R"({"Id":"sha256:)" + kHex + R"(","Size":5242880})");
      return refusal(404, "not in the script");
    });
  }

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
