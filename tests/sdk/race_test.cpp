// SPDX-License-Identifier: Apache-2.0
//
// However callers, deadlines, cancellations and an unload meet: each call is answered once.
#include "puppet_host.hpp"

#include <array>
#include <deque>
#include <random>
#include <thread>

namespace {

using mistify::Answer;
using mistify::CallId;
using mistify::Host;
using sdk_test::kPatience;
using std::chrono::microseconds;

constexpr std::size_t kThreads = 4;
constexpr std::size_t kCallsEach = 1500;

/// Counts the answers of each call.
class Tally {
public:
  explicit Tally(std::size_t calls) : counts_(calls) {}
  mistify::Completion completion(std::size_t call) {
    return [this, call](const Answer &) { counts_[call].fetch_add(1); };
  }
  void expect_one_each() const {
    for (std::size_t i = 0; i < counts_.size(); ++i)
      ASSERT_EQ(counts_[i].load(), 1) << "answers to call " << i;
  }

private:
  std::deque<std::atomic<int>> counts_;
};

template <class Body> void in_threads(std::size_t count, Body body) {
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < count; ++t)
    threads.emplace_back([t, &body] { body(t); });
  for (std::thread &thread : threads)
    thread.join();
}

/// Dispatches waits of no length and of any, with deadlines and cancellations in between.
void call_wildly(Host &host, Tally &tally, unsigned thread) {
  std::minstd_rand random(thread + 1);
  std::vector<CallId> open;
  for (unsigned i = 0; i < kCallsEach; ++i) {
    mistify::CallRequest request{.method = "ExampleC.Wait", .params_json = R"({"ms":0})"};
    switch (random() % 4) {
    case 0:
      request.params_json = R"({"ms":86400000})";
      request.deadline = microseconds(random() % 2000 + 1);
      break;
    case 1:
      request.params_json = R"({"ms":1})";
      request.deadline = microseconds(1000);
      break;
    case 2:
      request.method = "ExampleC.Echo";
      break;
    default:
      break;
    }
    open.push_back(host.dispatch(request, tally.completion(thread * kCallsEach + i)));
    if (random() % 3 == 0)
      host.cancel(open[random() % open.size()]);
  }
}

TEST(Races, OfCallersDeadlinesAndCancellations) {
  Host host({.answer_margin = microseconds(200)});
  host.load(sdk_test::plugin("example_c"));
  Tally tally(kThreads * kCallsEach);

  in_threads(kThreads, [&](unsigned thread) { call_wildly(host, tally, thread); });

  EXPECT_TRUE(host.drain(kPatience));
  tally.expect_one_each();
  EXPECT_EQ(host.calls_in_flight(), 0U);
}

TEST(Races, OfCallersWithUnloadsAndLoads) {
  Host host({.answer_margin = microseconds(200)});
  host.load(sdk_test::plugin("example_cpp"));
  Tally tally(kThreads * kCallsEach);
  std::atomic<std::size_t> running{kThreads};
  std::thread control([&] {
    while (running > 0) {
      host.load(sdk_test::plugin("example_c"));
      EXPECT_TRUE(host.unload("example_c", kPatience));
    }
  });

  in_threads(kThreads, [&](unsigned thread) {
    call_wildly(host, tally, thread);
    --running;
  });
  control.join();

  EXPECT_TRUE(host.drain(kPatience));
  tally.expect_one_each();
  EXPECT_EQ(sdk_test::mappings_of(sdk_test::plugin("example_c")), 0U);
}

TEST(Races, OfCallersWithAShutdown) {
  for (int round = 0; round < 20; ++round) {
    Host host({});
    host.load(sdk_test::plugin("example_c"));
    constexpr std::size_t kCalls = 50;
    Tally tally(kThreads * kCalls);
    std::thread control;
    in_threads(kThreads, [&](unsigned thread) {
      for (unsigned i = 0; i < kCalls; ++i) {
        host.dispatch({.method = "ExampleC.Wait", .params_json = R"({"ms":86400000})"},
                      tally.completion(thread * kCalls + i));
        if (thread == 0 && i == kCalls / 2)
          control = std::thread([&] { EXPECT_TRUE(host.shutdown(kPatience)); });
      }
    });
    control.join();
    tally.expect_one_each();
    EXPECT_EQ(host.calls_in_flight(), 0U);
  }
}

using PuppetRaces = sdk_test::PuppetHost;

TEST_F(PuppetRaces, OfOneAnswerWithAnotherAndTwoCancellations) {
  load();
  std::atomic<mistify_call> open{0};
  std::atomic<int> told{0};
  puppet_.on_call = [&](const mistify_request &request) { open = request.call; };
  puppet_.on_cancel = [&](mistify_call) { ++told; };
  for (int round = 0; round < 500; ++round) {
    std::atomic<int> answers{0};
    told = 0;
    host_->dispatch({.method = "Puppet.Change"}, [&](const Answer &) { ++answers; });
    std::atomic<int> accepted{0};
    std::atomic<int> cancelled{0};
    in_threads(4, [&](unsigned thread) {
      if (thread < 2)
        accepted += complete(open, "1") == MISTIFY_OK ? 1 : 0;
      else
        cancelled += host_->cancel(open) ? 1 : 0;
    });
    ASSERT_EQ(answers, 1);
    ASSERT_EQ(accepted + cancelled, 1) << "the one that was told so has answered";
    ASSERT_EQ(told, cancelled);
    ASSERT_EQ(host_->calls_in_flight(), 0U);
  }
}

TEST_F(PuppetRaces, OfProgressWithTheAnswer) {
  load();
  std::atomic<mistify_call> open{0};
  puppet_.on_call = [&](const mistify_request &request) { open = request.call; };
  for (int round = 0; round < 500; ++round) {
    std::atomic<bool> answered{false};
    std::atomic<int> late{0};
    host_->dispatch({.method = "Puppet.Change",
                     .progress = [&](std::string_view) { late += answered ? 1 : 0; }},
                    [&](const Answer &) { answered = true; });
    in_threads(4, [&](unsigned thread) {
      if (thread == 0)
        complete(open, "1");
      else if (thread == 1)
        host_->cancel(open);
      else
        while (progress(open, "{}") == MISTIFY_OK && !answered)
          std::this_thread::yield();
    });
    complete(open, "1"); // where the cancellation was first
    ASSERT_TRUE(host_->drain(kPatience));
    ASSERT_TRUE(answered);
    ASSERT_EQ(late, 0) << "progress came after the completion";
  }
}

} // namespace
