// SPDX-License-Identifier: Apache-2.0
//
// Bridge and guest keep in step through the guest's life.
#include "fixture.hpp"

#include <fcntl.h>

namespace wire {
namespace {

class Step : public OnSwitch {
protected:
  /// Ends a guest past the code under test.
  static void kill(const std::string &id) {
    const std::string full = text_at(engine().inspect(id), {"Id"});
    ASSERT_EQ(engine().request("POST", "/containers/" + id + "/kill").status, 204);
    ASSERT_EQ(engine().request("POST", "/containers/" + full + "/wait").status, 200);
  }
};

TEST_F(Step, StopLeavesNoPortAndNoLink) {
  create_and_start("mw-a", {nic("eth1"), nic("eth2", "mwbr1")});
  ASSERT_EQ(vswitch().interfaces("mw-a").size(), 2U);

  must("MDocker.StopContainer", guest("mw-a"));

  expect_nothing_left("mw-a");
  EXPECT_EQ(vswitch().ports(kBridge), std::vector<std::string>());
  must("MDocker.StopContainer", guest("mw-a")); // what is gone is no error
}

TEST_F(Step, StopRemovesTheLinksAlsoWhereTheGuestsNamespaceLivesOn) {
  create_and_start("mw-a", {nic("eth1"), nic("eth2")});
  const std::string path = "/proc/" + std::to_string(pid("mw-a")) + "/ns/net";
  const Fd held(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_GE(held.get(), 0);

  must("MDocker.StopContainer", guest("mw-a"));

  expect_nothing_left("mw-a");
}

TEST_F(Step, RestartAndRebootPlugAgain) {
  create_and_start("mw-a", {nic("eth1")});
  for (const char *method : {"MDocker.RestartContainer", "MDocker.RebootContainer"}) {
    SCOPED_TRACE(method);
    const std::vector<std::string> before = vswitch().interfaces("mw-a");

    must(method, guest("mw-a"));

    EXPECT_EQ(vswitch().interfaces("mw-a").size(), 1U);
    EXPECT_NE(vswitch().interfaces("mw-a"), before);
    EXPECT_TRUE(net("mw-a").is_up("eth1"));
  }
}

TEST_F(Step, APausedGuestKeepsItsPorts) {
  create_and_start("mw-a", {nic("eth1")});
  const std::vector<std::string> before = vswitch().interfaces("mw-a");

  must("MDocker.PauseContainer", guest("mw-a"));
  EXPECT_EQ(vswitch().interfaces("mw-a"), before);
  must("MDocker.UnpauseContainer", guest("mw-a"));
  EXPECT_EQ(vswitch().interfaces("mw-a"), before);
  must("MDocker.PauseContainer", guest("mw-a"));
  must("MDocker.StopContainer", guest("mw-a"));

  expect_nothing_left("mw-a");
}

TEST_F(Step, AGuestThatDiedByItselfLeavesNothingAfterStop) {
  create_and_start("mw-a", {nic("eth1")});
  kill("mw-a");

  must("MDocker.StopContainer", guest("mw-a"));

  expect_nothing_left("mw-a");
}

TEST_F(Step, DeleteRemovesWhatIsLeftWithoutNicsInTheRequest) {
  create_and_start("mw-a", {nic("eth1")});
  kill("mw-a");

  must("MDocker.DeleteContainer", guest("mw-a"));

  EXPECT_EQ(state("mw-a"), "absent");
  expect_nothing_left("mw-a");
}

TEST_F(Step, AStartRemovesTheLingeringPortOfAnEarlierRun) {
  create_and_start("mw-a", {nic("eth1")});
  kill("mw-a");
  const std::vector<std::string> before = vswitch().interfaces("mw-a");

  const GuestNet net = start("mw-a");

  EXPECT_EQ(vswitch().interfaces("mw-a").size(), 1U);
  EXPECT_NE(vswitch().interfaces("mw-a"), before);
  EXPECT_TRUE(net.is_up("eth1"));
  EXPECT_EQ(our_links().size(), 1U);
}

TEST_F(Step, ADeleteOfARunningGuestIsRefusedAndKeepsItsPorts) {
  create_and_start("mw-a", {nic("eth1")});

  fails("MDocker.DeleteContainer", guest("mw-a"));

  EXPECT_EQ(vswitch().interfaces("mw-a").size(), 1U);
  EXPECT_TRUE(net("mw-a").is_up("eth1"));
}

TEST_F(Step, ForeignPortsOnTheBridgeAreLeftAlone) {
  create_and_start("mw-a", {nic("eth1")});
  vswitch().vsctl({"add-port", kBridge, "mw-other", "--", "set", "interface", "mw-other",
                   "type=internal", "external_ids:container_id=mw-b"});

  must("MDocker.StopContainer", guest("mw-a"));
  must("MDocker.DeleteContainer", guest("mw-a"));

  EXPECT_EQ(vswitch().ports(kBridge), std::vector<std::string>{"mw-other"});
}

} // namespace
} // namespace wire
