// SPDX-License-Identifier: Apache-2.0
//
// LoadImage as an agent calls it: the plugin in a host in the test's own process.
#pragma once

#include "image_fixture.hpp"
#include "image_in_process.hpp"

#include <future>
#include <mutex>

namespace wire {

class ImagesInProcess : public testing::Test {
protected:
  /// more: members of the plugin's configuration, each after a comma.
  explicit ImagesInProcess(const EngineApi &engine = test_engine(), std::string_view more = {});
  ~ImagesInProcess() override;

  std::future<mistify::Answer> begin(std::optional<std::chrono::nanoseconds> deadline = {});
  /// What the plugin said so far of how far the load is.
  std::vector<std::string> progress();
  /// Nothing is left of a load: at the engine no name and no image that it has not had, no
  /// connection to it and to the service, no call and no thread.
  void expect_nothing_left();
  /// A good archive is loaded as if nothing had been.
  void expect_next_load_works();
  [[nodiscard]] const EngineApi &engine() const noexcept { return engine_; }

  ImageService service_;
  mistify::CallId id_ = 0; ///< Of the call that was begun last.
  mistify::Host host_;

private:
  const EngineApi &engine_;
  Holdings before_;
  std::size_t idle_threads_ = 0;
  std::mutex mutex_;
  std::vector<std::string> progress_;
};

} // namespace wire
