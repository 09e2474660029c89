// SPDX-License-Identifier: Apache-2.0
//
// LoadImage as an agent calls it, in its own process: deadlines, progress, and the plugin's end.
#include "images_in_process.hpp"

namespace wire {
namespace {

using namespace std::chrono_literals;

class InProcess : public ImagesInProcess {
protected:
  /// Half of an archive, and nothing more.
  void serve_half() {
    const std::string archive = docker_archive(ImageParts("half"));
    service_.answer(kUuid, first_half(archive).hang());
  }
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
  EXPECT_EQ(text_at(answer.error->data_json, {"kind"}), "timeout");
  expect_nothing_left();
}

TEST_F(InProcess, ItsCallerMayCancelIt) {
  serve_half();
  std::future<mistify::Answer> answer = begin();
  ASSERT_TRUE(service_.wait_for_requests(1));

  EXPECT_TRUE(host_.cancel(id_));

  EXPECT_TRUE(answer.get().error);
  expect_nothing_left();
}

TEST_F(InProcess, ThePluginsEndEndsIt) {
  serve_half();
  std::future<mistify::Answer> answer = begin();
  ASSERT_TRUE(service_.wait_for_requests(1));

  EXPECT_TRUE(host_.unload("mdocker", 10s));

  EXPECT_TRUE(answer.get().error);
  expect_nothing_left();
}

TEST_F(InProcess, TellsHowFarItIs) {
  const std::string archive = docker_archive(ImageParts("how far"));
  service_.serve(kUuid, archive);

  ASSERT_FALSE(begin().get().error);

  std::vector<std::string> phases;
  std::uint64_t done = 0;
  for (const std::string &json : progress()) {
    const std::string phase = text_at(json, {"phase"});
    EXPECT_EQ(has(json, {"unit"}), has(json, {"done"})) << json;
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
