// SPDX-License-Identifier: Apache-2.0
#include "images_in_process.hpp"

#include <unistd.h>

namespace wire {

using namespace std::chrono_literals;

ImagesInProcess::ImagesInProcess(const EngineApi &engine, std::string_view more)
    : host_(in_process(engine.endpoint(), service_, std::string(more))), engine_(engine) {
  remove_loaded(engine_);
  before_ = holdings(engine_);
  host_.load(WIRE_PLUGIN);
  idle_threads_ = thread_count(::getpid());
}

ImagesInProcess::~ImagesInProcess() {
  host_.shutdown(10s);
  remove_loaded(engine_);
}

std::future<mistify::Answer>
ImagesInProcess::begin(std::optional<std::chrono::nanoseconds> deadline) {
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

std::vector<std::string> ImagesInProcess::progress() {
  const std::lock_guard lock(mutex_);
  return progress_;
}

void ImagesInProcess::expect_nothing_left() {
  EXPECT_TRUE(host_.drain(10s)) << "a call is left";
  EXPECT_TRUE(service_.wait_until_alone()) << "a connection to the service is left";
  EXPECT_TRUE(comes_true([this] { return thread_count(::getpid()) <= idle_threads_; }))
      << "a thread is left";
  EXPECT_TRUE(comes_true([this] { return connection_count(engine_.socket()) <= kKeptIdle; }))
      << "a connection to the engine is left";
  EXPECT_TRUE(comes_true([this] { return holdings(engine_) == before_; }))
      << testing::PrintToString(holdings(engine_)) << "\ninstead of "
      << testing::PrintToString(before_);
}

void ImagesInProcess::expect_next_load_works() {
  const ImageParts image("the next one");
  service_.serve(kUuid, docker_archive(image));

  const mistify::Answer answer = begin().get();

  EXPECT_FALSE(answer.error) << answer.error->message;
  EXPECT_TRUE(is_image(engine_, std::string(kUuid) + ":latest", image));
}

} // namespace wire
