// SPDX-License-Identifier: Apache-2.0
//
// A plugin can be reloaded for ever, whatever is called meanwhile: each call is answered once, and
// nothing of the older files is left.
#include "subjects.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <random>
#include <semaphore>
#include <thread>

namespace {

using mistify::Answer;
using mistify::Host;
using sdk_test::kPatience;
using sdk_test::Subject;
using std::chrono::microseconds;

constexpr unsigned kCallers = 4;
constexpr int kReloads = 20;
constexpr std::size_t kMostCalls = 200'000; // of one thread; none comes near

class ReloadCycles : public testing::TestWithParam<Subject> {
protected:
  void load(Host &host) {
    sdk_test::replace(file_, GetParam().file);
    host.load(file_);
    mappings_ = sdk_test::mappings_of(file_);
    ASSERT_NO_FATAL_FAILURE(cycle(host, 0));
  }
  void unload(Host &host) {
    ASSERT_TRUE(host.unload(GetParam().name, kPatience));
    ASSERT_EQ(sdk_test::mappings_of(file_), 0U);
  }
  /// Every other file is a new one, the others are taken once more.
  void cycle(Host &host, int number) {
    if (number % 2 == 0)
      sdk_test::replace(file_, GetParam().file);
    ASSERT_TRUE(host.reload(GetParam().name, kPatience));
    ASSERT_EQ(sdk_test::old_mappings_of(file_), 0U);
    ASSERT_EQ(sdk_test::mappings_of(file_), mappings_);
    const Answer answer = sdk_test::call(host, GetParam().method);
    ASSERT_TRUE(!answer.error || answer.error->code != mistify::kMethodNotFound);
  }
  sdk_test::TemporaryFolder folder_;
  std::filesystem::path file_ = folder_.path() / "plugin.so";
  std::size_t mappings_ = 0;
};

TEST_P(ReloadCycles, LeaveNothingBehind) {
  Host host({});
  const std::size_t threads = sdk_test::threads();
  ASSERT_NO_FATAL_FAILURE(load(host)); // what libraries keep for good, they have after this
  ASSERT_NO_FATAL_FAILURE(unload(host));
  const std::size_t descriptors = sdk_test::open_descriptors();

  ASSERT_NO_FATAL_FAILURE(load(host));
  for (int i = 0; i < 100; ++i)
    ASSERT_NO_FATAL_FAILURE(cycle(host, i)) << "in cycle " << i;
  ASSERT_NO_FATAL_FAILURE(unload(host));

  // Counted without a plugin: one that is loaded may have a socket open at any moment.
  EXPECT_EQ(sdk_test::open_descriptors(), descriptors);
  EXPECT_TRUE(sdk_test::threads_come_down_to(threads));
}

INSTANTIATE_TEST_SUITE_P(Of, ReloadCycles, testing::ValuesIn(sdk_test::subjects()),
                         [](const auto &test) { return std::string(test.param.name); });

/// example_c at a path of its own, reloaded from this thread while others call it.
class ReloadStorm : public testing::Test {
protected:
  ReloadStorm() {
    sdk_test::replace(file_, sdk_test::plugin("example_c"));
    host_.load(file_);
  }

  template <class Body> void reload_while(Body body) {
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < kCallers; ++t)
      threads.emplace_back([t, &body] { body(t); });
    for (int i = 0; i < kReloads; ++i) {
      sdk_test::replace(file_, sdk_test::plugin("example_c"));
      EXPECT_TRUE(host_.reload("example_c", kPatience));
    }
    over_ = true;
    for (std::thread &thread : threads)
      thread.join();
    EXPECT_TRUE(host_.drain(kPatience));
    EXPECT_EQ(host_.calls_in_flight(), 0U);
  }

  sdk_test::TemporaryFolder folder_;
  std::filesystem::path file_ = folder_.path() / "example_c.so";
  std::atomic<bool> over_{false};
  Host host_{{.answer_margin = microseconds(200)}};
};

TEST_F(ReloadStorm, EveryCallHasItsOwnResultOnce) {
  std::atomic<std::size_t> failed{0};
  std::atomic<std::size_t> answered{0};
  std::atomic<std::size_t> sent{0};
  // Few enough in flight for the host to take them all, so that each one has to succeed.
  std::deque<std::counting_semaphore<>> rooms;
  for (unsigned t = 0; t < kCallers; ++t)
    rooms.emplace_back(256);

  reload_while([&](unsigned thread) {
    std::counting_semaphore<> &room = rooms[thread];
    for (std::size_t i = 0; !over_; ++i) {
      room.acquire();
      const bool wait = i % 4 == 0;
      const std::string params =
          wait ? R"({"ms":0})" : "[" + std::to_string(thread) + "," + std::to_string(i) + "]";
      const std::string expected = wait ? R"({"waited_ms":0})" : params;
      ++sent;
      host_.dispatch({.method = wait ? "ExampleC.Wait" : "ExampleC.Echo", .params_json = params},
                     [&, expected](const Answer &answer) {
                       failed += answer.result_json == expected ? 0U : 1U;
                       ++answered;
                       room.release();
                     });
    }
  });

  EXPECT_EQ(failed, 0U);
  EXPECT_EQ(answered, sent);
  EXPECT_GT(sent, 0U);
}

TEST_F(ReloadStorm, WithDeadlinesAndCancellationsEveryCallIsAnsweredOnce) {
  std::vector<std::deque<std::atomic<int>>> answers(kCallers);

  reload_while([&](unsigned thread) {
    std::minstd_rand random(thread + 1);
    std::vector<mistify::CallId> open;
    while (!over_ && answers[thread].size() < kMostCalls) {
      mistify::CallRequest request{.method = "ExampleC.Wait", .params_json = R"({"ms":0})"};
      if (random() % 3 == 0) {
        request.params_json = R"({"ms":86400000})";
        request.deadline = microseconds(random() % 2000 + 1);
      }
      std::atomic<int> &count = answers[thread].emplace_back(0);
      open.push_back(host_.dispatch(request, [&count](const Answer &) { ++count; }));
      if (random() % 3 == 0)
        host_.cancel(open[random() % open.size()]);
    }
  });

  for (const auto &of_thread : answers) {
    for (const std::atomic<int> &count : of_thread)
      ASSERT_EQ(count, 1);
  }
}

} // namespace
