// SPDX-License-Identifier: Apache-2.0
//
// An engine whose answer to an archive that it was given whole is lost, late, or never comes.
#include "doubled_engine.hpp"
#include "image_in_process.hpp"

#include <filesystem>
#include <future>

namespace wire {
namespace {

using namespace std::chrono_literals;
using mdocker::test::Gate;
using mdocker::test::Request;

/// Its connection breaks when it has the whole archive.
class LostEngine : public DoubledEngine {
protected:
  void start_losing(Reply lost = Reply().close()) {
    const ImageParts image("x");
    start([lost = std::move(lost)](const Request &) { return lost; },
          R"({"Id":")" + image.id + R"(","Size":1})");
    service_.serve(kUuid, docker_archive(image));
  }
  /// What who listens is told as soon as he does.
  static Reply event(const std::string &action) {
    return Reply()
        .send(mdocker::test::chunked_head(200))
        .send(mdocker::test::chunk(R"({"Type":"image","Action":")" + action + R"("})"))
        .hang();
  }
};

TEST_F(LostEngine, UnpacksOnAndTellsWhenItHasDoneSo) {
  read_ms_ = 600'000; // only what it tells can end that in time
  events_ = Reply().then([this] {
    events_ = Reply().then([this] {
      loaded_ = true;
      return event("load");
    });
    return event("untag");
  });
  start_losing();

  EXPECT_EQ(load().error, "");

  EXPECT_EQ(count("GET /events"), 2U) << "the first is of another image";
  EXPECT_EQ(count("POST"), 1U);
  EXPECT_EQ(count("DELETE"), 0U);
}

TEST_F(LostEngine, UnpacksOnAndTellsNothing) {
  read_ms_ = 1'000;
  events_ = Reply().then([this] {
    loaded_ = true;
    return mdocker::test::refusal(404, "page not found");
  });
  start_losing();

  EXPECT_EQ(load().error, "");
}

TEST_F(LostEngine, MayUnpackForLongerThanItIsLookedAt) {
  read_ms_ = 1'000;
  start_losing();

  const RpcAnswer answer = load();

  EXPECT_NE(answer.error.find("was done is unknown"), std::string::npos) << answer.error;
  EXPECT_NE(answer.error.find("the engine has no " + kName + " so far"), std::string::npos);
  EXPECT_EQ(count("POST"), 1U);
}

TEST_F(LostEngine, HasEndedAndIsBackWithoutTheImage) {
  read_ms_ = 2'000;
  start_losing(Reply().then([this] {
    const std::filesystem::path socket = engine_->socket_path();
    const std::filesystem::path away = engine_->socket_path() + ".away";
    std::filesystem::rename(socket, away);
    engine_->after(500ms, [socket, away] { std::filesystem::rename(away, socket); });
    return Reply().close();
  }));

  const RpcAnswer answer = load();

  EXPECT_NE(answer.error.find("was not done"), std::string::npos) << answer.error;
}

TEST_F(LostEngine, IsAskedForTheImage) {
  start_naming(ImageParts("x"), Reply().close());

  EXPECT_EQ(load().error, "");

  EXPECT_EQ(count("POST"), 1U);
  EXPECT_EQ(count("DELETE"), 0U);
}

/// The same, called in the test's own process.
class DoubledInProcess : public DoubledEngine {
protected:
  void load_plugin() {
    mistify::HostOptions options =
        in_process(engine_->endpoint(), service_,
                   R"(,"timeouts":{"read_ms":1000,"load_ms":)" + std::to_string(load_ms_) + "}");
    options.answer_margin = 20s;
    in_process_.emplace(std::move(options));
    in_process_->load(WIRE_PLUGIN);
  }
  mistify::CallId begin(std::optional<std::chrono::nanoseconds> deadline = {}) {
    const std::string params = by_id(kUuid);
    mistify::CallRequest request{.method = "MDocker.LoadImage", .params_json = params};
    request.deadline = deadline;
    return in_process_->dispatch(
        request, [this](mistify::Answer answer) { answer_.set_value(std::move(answer)); });
  }

  std::size_t load_ms_ = 60'000;
  std::promise<mistify::Answer> answer_;
  std::optional<mistify::Host> in_process_;
};

TEST_F(DoubledInProcess, TakesTheNameBackThatNobodyWaitsForAnyMore) {
  const Gate gate;
  const ImageParts image("x");
  start_naming(image, Reply().wait(gate).then(
                          [] { return mdocker::test::chunked(200, {R"({"stream":"Loaded"})"}); }));
  load_plugin();
  const mistify::CallId call = begin();
  ASSERT_TRUE(engine_->wait_for_requests(2)) << "the archive has not come whole";
  ASSERT_TRUE(in_process_->cancel(call));

  gate.open();

  EXPECT_TRUE(in_process_->drain(20s));
  EXPECT_EQ(count("DELETE /images/" + kName), 1U) << testing::PrintToString(engine_->lines());
}

TEST_F(DoubledInProcess, AnswersWhatHasBegunAlsoAfterTheDeadline) {
  constexpr auto kDeadline = 2s; // of which the host gives the plugin the first half
  start_naming(ImageParts("x"), Reply().wait(kDeadline * 6 / 10).then([] {
    return mdocker::test::chunked(200, {R"({"stream":"Loaded"})"});
  }));
  load_plugin();
  begin(kDeadline);

  const mistify::Answer answer = answer_.get_future().get();

  EXPECT_FALSE(answer.error) << answer.error->message;
  EXPECT_EQ(count("DELETE"), 0U);
}

TEST_F(DoubledInProcess, IsSilentWithTheWholeArchive) {
  load_ms_ = 300;
  start([](const Request &) { return Reply().hang(); });
  service_.serve(kUuid, docker_archive(ImageParts("x")));
  load_plugin();
  begin();

  const mistify::Answer answer = answer_.get_future().get();

  ASSERT_TRUE(answer.error);
  EXPECT_EQ(text_at(answer.error->data_json, {"kind"}), "unknown_outcome");
  EXPECT_EQ(text_at(answer.error->data_json, {"outcome"}), "unknown");
  EXPECT_EQ(text_at(answer.error->data_json, {"check"}), "GetImage " + std::string(kUuid));
}

} // namespace
} // namespace wire
