// SPDX-License-Identifier: Apache-2.0
//
// LoadImage as an agent calls it, in its own process: deadlines, progress, and the plugin's end.
#include "image_fixture.hpp"
#include "image_in_process.hpp"

#include <future>
#include <mutex>

namespace wire {
namespace {

using namespace std::chrono_literals;

class InProcess : public testing::Test {
protected:
  InProcess() : host_(in_process(test_engine().endpoint(), service_)) {
    remove_loaded(test_engine());
    before_ = holdings(test_engine());
    host_.load(WIRE_PLUGIN);
  }
  ~InProcess() override {
    host_.shutdown(10s);
    remove_loaded(test_engine());
  }

  std::future<mistify::Answer> begin(std::optional<std::chrono::nanoseconds> deadline = {}) {
    auto answered = std::make_shared<std::promise<mistify::Answer>>();
    const std::string params = by_id(kUuid);
    mistify::CallRequest request{.method = "MDocker.LoadImage", .params_json = params};
    request.deadline = deadline;
    request.progress = [this](std::string_view json) {
      const std::lock_guard lock(mutex_);
      progress_.emplace_back(json);
    };
    id_ = host_.dispatch(
        request, [answered](mistify::Answer answer) { answered->set_value(std::move(answer)); });
    return answered->get_future();
  }
  std::vector<std::string> progress() {
    const std::lock_guard lock(mutex_);
    return progress_;
  }
  /// Half of an archive, and nothing more.
  void serve_half() {
    const std::string archive = docker_archive(ImageParts("half"));
    service_.answer(kUuid, Reply()
                               .send(archive_head(archive.size()))
                               .send(archive.substr(0, archive.size() / 2))
                               .hang());
  }

  ImageService service_;
  Holdings before_;
  std::mutex mutex_;
  std::vector<std::string> progress_;
  mistify::CallId id_ = 0;
  mistify::Host host_;
};

TEST_F(InProcess, HasNoDeadlineOfItsOwn) {
  for (const mistify::MethodInfo &method : host_.methods())
    if (method.name == "MDocker.LoadImage") {
      EXPECT_EQ(method.default_deadline, 0ms);
      EXPECT_FALSE(method.read_only);
      return;
    }
  FAIL() << "there is no such method";
}

TEST_F(InProcess, ItsCallersDeadlineEndsIt) {
  serve_half();

  const mistify::Answer answer = begin(700ms).get();

  ASSERT_TRUE(answer.error);
  EXPECT_TRUE(host_.drain(10s));
  EXPECT_TRUE(service_.wait_until_alone());
  EXPECT_EQ(holdings(test_engine()), before_);
}

TEST_F(InProcess, ItsCallerMayCancelIt) {
  serve_half();
  std::future<mistify::Answer> answer = begin();
  ASSERT_TRUE(service_.wait_for_requests(1));

  EXPECT_TRUE(host_.cancel(id_));

  EXPECT_TRUE(answer.get().error);
  EXPECT_TRUE(host_.drain(10s));
  EXPECT_TRUE(service_.wait_until_alone());
  EXPECT_EQ(holdings(test_engine()), before_);
}

TEST_F(InProcess, ThePluginsEndEndsIt) {
  serve_half();
  std::future<mistify::Answer> answer = begin();
  ASSERT_TRUE(service_.wait_for_requests(1));

  EXPECT_TRUE(host_.unload("mdocker", 10s));

  EXPECT_TRUE(answer.get().error);
  EXPECT_TRUE(service_.wait_until_alone());
  EXPECT_EQ(holdings(test_engine()), before_);
}

TEST_F(InProcess, TellsHowFarItIs) {
  const std::string archive = docker_archive(ImageParts("how far"));
  service_.serve(kUuid, archive);

  ASSERT_FALSE(begin().get().error);

  std::vector<std::string> phases;
  std::uint64_t done = 0;
  for (const std::string &json : progress()) {
    const std::string phase = text_at(json, {"phase"});
    EXPECT_TRUE(has(json, {"message"})) << json;
    if (phases.empty() || phases.back() != phase)
      phases.push_back(phase);
    if (phase != "download")
      continue;
    EXPECT_GE(std::stoull(at(json, {"done"})), done) << "it went back";
    done = std::stoull(at(json, {"done"}));
    if (has(json, {"total"})) {
      EXPECT_EQ(at(json, {"total"}), std::to_string(archive.size()));
    }
  }
  EXPECT_NE(std::find(phases.begin(), phases.end(), "download"), phases.end());
  EXPECT_NE(std::find(phases.begin(), phases.end(), "load"), phases.end());
  EXPECT_EQ(phases.empty() ? "" : phases.back(), "verify");
}

TEST_F(InProcess, AnErrorSaysInWhichPhaseAndWhetherToTryAgain) {
  service_.answer(kUuid, Reply().send("HTTP/1.1 503 Unavailable\r\n\r\n").close());

  const mistify::Answer answer = begin().get();

  ASSERT_TRUE(answer.error);
  EXPECT_EQ(text_at(answer.error->data_json, {"kind"}), "unavailable");
  EXPECT_EQ(at(answer.error->data_json, {"retryable"}), "true");
  EXPECT_EQ(text_at(answer.error->data_json, {"phase"}), "download");
  EXPECT_EQ(text_at(answer.error->data_json, {"method"}), "MDocker.LoadImage");
}

} // namespace
} // namespace wire
