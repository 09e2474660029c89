// SPDX-License-Identifier: Apache-2.0
//
// A host that is told to end keeps its word to who waits for an answer.
#include "fixture.hpp"

#include <csignal>
#include <future>

namespace wire {
namespace {

class Drain : public OnEngine {};

TEST_F(Drain, AStopInFlightIsAnsweredBeforeTheHostEnds) {
  create_and_start("mw-d", kStubbornImage);
  const std::string id = text_at(engine().inspect("mw-d"), {"Id"});
  HostProcess ending(engine().endpoint());
  auto stop = std::async(std::launch::async,
                         [&] { return ending.call("MDocker.StopContainer", guest("mw-d")); });
  engine().watch_events(id, "kill").await_text("\"kill\"");

  ending.process().signal(SIGTERM);

  const RpcAnswer answer = stop.get();
  EXPECT_EQ(answer.result, R"({"guest":{"id":"mw-d","state":"stopped"}})") << answer.error;
  EXPECT_EQ(ending.process().wait(), 0) << ending.process().output();
  EXPECT_EQ(state("mw-d"), "exited");
}

TEST_F(Drain, AnIdleHostEndsAtOnceAlsoWithAConnectionOpen) {
  for (const int number : {SIGTERM, SIGINT}) {
    HostProcess ending(engine().endpoint());
    Connection idle = Connection::to_port(ending.port());
    idle.send(request_text("GET", "/healthz"));
    EXPECT_EQ(idle.receive().status, 200);

    ending.process().signal(number);

    EXPECT_EQ(ending.process().wait(std::chrono::seconds(10)), 0) << ending.process().output();
    EXPECT_TRUE(idle.closed_by_peer());
  }
}

} // namespace
} // namespace wire
