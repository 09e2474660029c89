// SPDX-License-Identifier: Apache-2.0
//
// Many callers at once.
#include "fixture.hpp"

#include <atomic>
#include <future>
#include <thread>

namespace wire {
namespace {

class Concurrency : public OnEngine {};

TEST_F(Concurrency, EightStartsOfOneGuestAtOnceAreOneStart) {
  create("mw-c");
  const std::string id = text_at(engine().inspect("mw-c"), {"Id"});
  const std::vector<std::string> names{"mw-c", id, id.substr(0, 12)}; // all the same guest

  std::vector<std::future<RpcAnswer>> calls;
  calls.reserve(8);
  for (std::size_t i = 0; i < 8; ++i)
    calls.push_back(std::async(std::launch::async, [name = names[i % names.size()]] {
      return host().call("MDocker.StartContainer", guest(name));
    }));

  for (std::size_t i = 0; i < calls.size(); ++i) {
    const RpcAnswer answer = calls[i].get();
    EXPECT_EQ(answer.error, "");
    EXPECT_EQ(answer.result,
              R"({"guest":{"id":")" + names[i % names.size()] + R"(","state":"running"}})");
  }
  EXPECT_EQ(engine().count_events(id, "start"), 1U);
  EXPECT_EQ(text_at(must("MDocker.StopContainer", guest("mw-c")), {"guest", "state"}), "stopped");
  EXPECT_EQ(text_at(must("MDocker.StartContainer", guest("mw-c")), {"guest", "state"}), "running");
}

TEST_F(Concurrency, MixedChangesOfOneGuestLeaveItInOneOfItsStates) {
  create("mw-c");

  std::vector<std::future<RpcAnswer>> calls;
  calls.reserve(12);
  for (int i = 0; i < 12; ++i)
    calls.push_back(std::async(std::launch::async, [i] {
      const char *method = i % 3 == 0   ? "MDocker.StartContainer"
                           : i % 3 == 1 ? "MDocker.StopContainer"
                                        : "MDocker.RestartContainer";
      return host().call(method, guest("mw-c"));
    }));

  for (std::future<RpcAnswer> &call : calls)
    EXPECT_EQ(call.get().error, "");
  const std::string last = state("mw-c");
  EXPECT_TRUE(last == "running" || last == "exited") << last;
}

TEST_F(Concurrency, ListContainersDoesNotFailWhileContainersComeAndGo) {
  create("mw-stays");
  std::atomic<bool> done{false};
  std::vector<std::future<int>> churners;
  churners.reserve(3);
  for (int i = 0; i < 3; ++i)
    churners.push_back(std::async(std::launch::async, [i, &done] {
      int rounds = 0;
      for (; !done; ++rounds) {
        const std::string name = "mw-churn" + std::to_string(i);
        engine().create(name, kLoopImage);
        engine().remove(name);
      }
      return rounds;
    }));

  int listed = 0;
  const auto until = Clock::now() + std::chrono::seconds(8);
  for (; Clock::now() < until && !HasFailure(); ++listed) {
    const RpcAnswer answer = host().call("MDocker.ListContainers", R"({"opts":{"All":true}})");
    EXPECT_EQ(answer.error, "");
    EXPECT_NE(answer.result.find("\"/mw-stays\""), std::string::npos);
  }
  done = true;

  for (std::future<int> &churner : churners)
    EXPECT_GT(churner.get(), 5);
  EXPECT_GT(listed, 20);
}

TEST_F(Concurrency, ReadsAreAnsweredWhileAnotherGuestTakesItsTimeToStop) {
  create_and_start("mw-slow", kStubbornImage);
  create_and_start("mw-c");
  const std::string id = text_at(engine().inspect("mw-slow"), {"Id"});
  auto stop = std::async(std::launch::async,
                         [] { return host().call("MDocker.StopContainer", guest("mw-slow")); });
  engine().watch_events(id, "kill").await_text("\"kill\"");

  for (int i = 0; i < 20; ++i)
    must("MDocker.GetContainer", R"({"id":"mw-slow"})");
  must("MDocker.StopContainer", guest("mw-c"));

  EXPECT_EQ(stop.wait_for(std::chrono::seconds(0)), std::future_status::timeout)
      << "the other calls waited for the stop";
  EXPECT_EQ(text_at(stop.get().result, {"guest", "state"}), "stopped");
}

} // namespace
} // namespace wire
