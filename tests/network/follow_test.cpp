// SPDX-License-Identifier: Apache-2.0
//
// What happens to guests and ports behind the host's back.
#include "follow_fixture.hpp"

#include <csignal>

namespace wire {
namespace {

TEST_F(Follow, AGuestThatIsKilledLosesItsPorts) {
  const auto event = Clock::now();
  kill_guest("mw-a", SIGKILL);
  expect_unplugged("mw-a", event);
}

TEST_F(Follow, AGuestThatExitsLosesItsPorts) {
  const auto event = Clock::now();
  kill_guest("mw-a", SIGTERM); // it ends by itself on that
  expect_unplugged("mw-a", event);
  EXPECT_EQ(state("mw-a"), "exited");
}

TEST_F(Follow, AGuestThatIsStartedBehindOurBackIsPlugged) {
  kill_guest("mw-a", SIGKILL);
  ASSERT_TRUE(comes_true([&] { return vswitch().interfaces("mw-a").empty(); }));
  by_the_engine("mw-a", "start");
  expect_talk(Clock::now());
}

TEST_F(Follow, AGuestThatIsRestartedByItsPolicyIsPlugged) {
  by_the_engine("mw-a", "update", R"({"RestartPolicy":{"Name":"always"}})");
  for (int i = 0; i < 3; ++i) {
    const std::string before = link_of("mw-a");
    kill_guest("mw-a", SIGKILL);
    ASSERT_TRUE(comes_true([] { return state("mw-a") == "running"; }));
    expect_talk(Clock::now());
    EXPECT_NE(link_of("mw-a"), before);
  }
}

TEST_F(Follow, AGuestThatIsRestartedBehindOurBackIsPlugged) {
  by_the_engine("mw-a", "restart?t=0");
  expect_talk(Clock::now());
}

TEST_F(Follow, AGuestThatIsRemovedBehindOurBackLosesItsPorts) {
  const auto event = Clock::now();
  engine().remove("mw-a");
  expect_unplugged("mw-a", event);
}

TEST_F(Follow, APausedAndARenamedGuestStayAsTheyAre) {
  const std::string link = link_of("mw-a");
  by_the_engine("mw-a", "pause");
  by_the_engine("mw-b", "rename?name=mw-c");
  must("MDocker.Reconcile", "{}");
  by_the_engine("mw-a", "unpause");
  must("MDocker.Reconcile", "{}");

  EXPECT_EQ(vswitch().interfaces("mw-a"), std::vector<std::string>{link});
  EXPECT_TRUE(comes_true([] { return reaches(net("mw-c"), net("mw-a"), "10.1.0.1"); }));
  by_the_engine("mw-c", "restart?t=0"); // its ports are still known
  EXPECT_TRUE(comes_true([] { return reaches(net("mw-c"), net("mw-a"), "10.1.0.1"); }));
  EXPECT_EQ(vswitch().ports(kBridge).size(), 2U);
}

TEST_F(Follow, WhatHappensWhileTheHostIsDownIsPutRightWhenItStarts) {
  EXPECT_EQ(host().end(), 0);
  kill_guest("mw-a", SIGKILL);
  by_the_engine("mw-a", "start");
  host_again();
  expect_talk(Clock::now());

  EXPECT_EQ(host().end(), 0);
  kill_guest("mw-a", SIGKILL);
  host_again();
  expect_unplugged("mw-a", Clock::now());

  EXPECT_EQ(host().end(), 0);
  engine().remove("mw-b");
  host_again();
  const auto event = Clock::now();
  EXPECT_TRUE(in_time(event, [&] { return vswitch().ports(kBridge).empty(); }));
}

TEST_F(Follow, ADatabaseThatIsRestartedIsPutRight) {
  vswitch().stop("db");
  kill_guest("mw-a", SIGKILL);
  by_the_engine("mw-a", "start");
  vswitch().start("db");
  expect_talk(Clock::now());
}

TEST_F(Follow, WhereTheDatabaseDoesNotAnswerNobodyIsLookedAtInVain) {
  vswitch().stop("db");
  create("mw-c", {nic("eth1")});
  by_the_engine("mw-c", "start");
  engine().remove("mw-c");
  vswitch().start("db");

  expect_talk(Clock::now());

  EXPECT_EQ(host().process().output().find("cannot be put right yet"), std::string::npos);
}

TEST_F(Follow, ASwitchThatIsRestartedForwardsAgain) {
  vswitch().stop("switch");
  vswitch().start("switch");
  expect_talk(Clock::now());
}

TEST_F(Follow, ASwitchThatIsRestartedFindsTheGuestsThatWereMeanwhile) {
  vswitch().stop("switch");
  kill_guest("mw-a", SIGKILL);
  by_the_engine("mw-a", "start");
  vswitch().start("switch");
  expect_talk(Clock::now());
}

TEST_F(Follow, PortsThatAreRemovedByHandAreMadeAgain) {
  vswitch().vsctl({"del-port", link_of("mw-a")});
  expect_talk(Clock::now());
  vswitch().vsctl({"del-br", kBridge}); // with all of them
  EXPECT_TRUE(comes_true([] { return reaches(net("mw-b"), net("mw-a"), "10.1.0.1"); }));
}

TEST_F(Follow, AVethThatIsDeletedByHandIsMadeAgain) {
  run({{"ip", "link", "delete", link_of("mw-a")}});
  expect_talk(Clock::now());
}

TEST_F(Follow, ThePluginThatTakesAnothersPlaceGoesOnWithIt) {
  host().process().signal(SIGHUP);
  ASSERT_TRUE(comes_true([&] {
    return host().process().output().find("reloaded the plugin mdocker") != std::string::npos;
  }));

  by_the_engine("mw-a", "restart?t=0");
  expect_talk(Clock::now());
  const auto event = Clock::now();
  kill_guest("mw-a", SIGKILL);
  expect_unplugged("mw-a", event);
}

TEST_F(Follow, OnlyWhatIsOursIsTouched) {
  engine().create("mw-foreign", kLoopImage);
  must("MDocker.StartContainer", guest("mw-foreign", R"(,"nics":[)" + nic("eth1") + "]"));
  run({{"ip", "link", "add", "mworphan", "type", "veth", "peer", "name", "mworphan1"}});
  vswitch().vsctl({"add-port", kBridge, "mworphan", "--", "set", "interface", "mworphan",
                   "external_ids:container_id=mw-nobody", "external_ids:container_iface=eth1"});

  by_the_engine("mw-foreign", "restart?t=0");
  const std::string answer = must("MDocker.Reconcile", "{}");
  engine().remove("mw-a");

  EXPECT_TRUE(comes_true([&] { return vswitch().interfaces("mw-a").empty(); }));
  EXPECT_EQ(vswitch().interfaces("mw-foreign").size(), 1U);
  EXPECT_FALSE(net("mw-foreign").has_nic("eth1")); // it is not followed
  EXPECT_EQ(vswitch().interfaces("mw-nobody").size(), 1U);
  EXPECT_NE(answer.find(R"({"kind":"orphan","guest":"mw-nobody","ports":["mworphan"],)"
                        R"("action":"none","done":false})"),
            std::string::npos)
      << answer;
  engine().remove("mw-foreign"); // then nobody can name its ports any more
  EXPECT_TRUE(comes_true([&] {
    must("MDocker.Reconcile", "{}");
    return vswitch().interfaces("mw-foreign").empty();
  }));
  run({{"ip", "link", "delete", "mworphan"}});
}

} // namespace
} // namespace wire
