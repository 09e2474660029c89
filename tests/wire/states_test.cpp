// SPDX-License-Identifier: Apache-2.0
//
// A guest's states, and what is refused in which.
#include "fixture.hpp"

namespace wire {
namespace {

class States : public OnEngine {};

TEST_F(States, APausedGuestCanBeStopped) {
  create_and_start("mw-s");
  must("MDocker.PauseContainer", guest("mw-s"));

  const std::string result = must("MDocker.StopContainer", guest("mw-s"));

  EXPECT_EQ(text_at(result, {"guest", "state"}), "stopped");
  EXPECT_EQ(state("mw-s"), "exited");
}

TEST_F(States, UnpauseOfAGuestThatIsNotPausedSaysSo) {
  create_and_start("mw-s");

  const RpcAnswer answer = host().call("MDocker.UnpauseContainer", guest("mw-s"));

  EXPECT_EQ(answer.status, 200);
  EXPECT_NE(answer.error.find("not paused"), std::string::npos) << answer.error;
  EXPECT_EQ(answer.error.find("(500)"), std::string::npos) << "no failure of the engine's";
  EXPECT_EQ(state("mw-s"), "running");
}

TEST_F(States, DeleteOfARunningOrPausedGuestIsAConflict) {
  create_and_start("mw-s");

  const RpcAnswer running = host().call("MDocker.DeleteContainer", guest("mw-s"));
  must("MDocker.PauseContainer", guest("mw-s"));
  const RpcAnswer paused = host().call("MDocker.DeleteContainer", guest("mw-s"));

  EXPECT_NE(running.error.find("API error (409)"), std::string::npos) << running.error;
  EXPECT_NE(paused.error.find("API error (409)"), std::string::npos) << paused.error;
  EXPECT_EQ(state("mw-s"), "paused");
}

TEST_F(States, StartWithOtherNicsThanItWasCreatedWithNamesThem) {
  create("mw-s");

  const RpcAnswer answer = host().call(
      "MDocker.StartContainer", guest("mw-s", R"("nics":[{"name":"eth2","network":"mistify0"}])"));

  EXPECT_EQ(answer.status, 200);
  EXPECT_NE(answer.error.find("nics"), std::string::npos) << answer.error;
  EXPECT_EQ(state("mw-s"), "created");
}

TEST_F(States, StartWithTheSameNicsWrittenInAnotherWayIsThatGuest) {
  create("mw-s");

  const std::string result = must(
      "MDocker.StartContainer",
      guest(
          "mw-s",
          R"("nics":[{"vlans":[3,2,1],"MAC":"12:7D:DA:F2:ED:63","network":"mistify0","name":"eth1"}])"));

  EXPECT_EQ(text_at(result, {"guest", "state"}), "running");
}

TEST_F(States, ARestartIsAStopAndAStart) {
  create_and_start("mw-s");
  const std::string before = text_at(engine().inspect("mw-s"), {"State", "StartedAt"});

  for (const char *method : {"MDocker.RestartContainer", "MDocker.RebootContainer"})
    EXPECT_EQ(text_at(must(method, guest("mw-s")), {"guest", "state"}), "running");

  const std::string id = text_at(engine().inspect("mw-s"), {"Id"});
  EXPECT_EQ(engine().count_events(id, "start"), 3U);
  EXPECT_EQ(engine().count_events(id, "stop"), 2U);
  EXPECT_NE(text_at(engine().inspect("mw-s"), {"State", "StartedAt"}), before);
}

TEST_F(States, AContainerThatWeDidNotMakeLivesToo) {
  engine().create("mw-s", kLoopImage);

  EXPECT_EQ(text_at(must("MDocker.StartContainer", guest("mw-s")), {"guest", "state"}), "running");
  EXPECT_EQ(text_at(must("MDocker.StopContainer", guest("mw-s")), {"guest", "state"}), "stopped");
  EXPECT_EQ(text_at(must("MDocker.DeleteContainer", guest("mw-s")), {"guest", "state"}), "deleted");

  EXPECT_EQ(state("mw-s"), "absent");
}

TEST_F(States, TheEnginesOwnInspectIsPassedOnWhole) {
  create_and_start("mw-s");

  const std::string container =
      at(must("MDocker.GetContainer", R"({"id":"mw-s"})"), {"containers", "0"});

  EXPECT_EQ(keys(container), keys(engine().inspect("mw-s")));
  EXPECT_EQ(at(container, {"HostConfig"}), compact(at(engine().inspect("mw-s"), {"HostConfig"})));
}

} // namespace
} // namespace wire
