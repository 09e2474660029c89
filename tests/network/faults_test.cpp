// SPDX-License-Identifier: Apache-2.0
//
// Every fault ends with no port, no link and no half-started guest, and says
// what it was.
#include "fixture.hpp"

#include <csignal>
#include <future>

namespace wire {
namespace {

class Faults : public OnSwitch {
protected:
  std::future<std::string> starting(const std::string &id) {
    host(); // before another thread asks for it
    return std::async(std::launch::async,
                      [this, id] { return fails("MDocker.StartContainer", guest(id)); });
  }
  void await_port(const std::string &id) {
    ASSERT_TRUE(comes_true([&] { return !vswitch().interfaces(id).empty(); }));
  }
  void expect_stopped(const std::string &id) {
    const std::string now = state(id);
    EXPECT_TRUE(now == "created" || now == "exited") << now;
    expect_nothing_left(id);
  }
  static void expect_says(const std::string &error, const std::vector<std::string> &parts) {
    for (const std::string &part : parts)
      EXPECT_NE(error.find(part), std::string::npos) << part << " is not in: " << error;
  }
};

TEST_F(Faults, WithoutADatabaseAGuestWithNicsIsNotStarted) {
  create("mw-a", {nic("eth1")});
  vswitch().stop("db");

  const std::string error = fails("MDocker.StartContainer", guest("mw-a"));

  expect_says(error, {"mw-a", vswitch().socket(), "does not answer"});
  EXPECT_EQ(state("mw-a"), "created");
  EXPECT_TRUE(our_links().empty());
}

TEST_F(Faults, WithoutADatabaseGuestsWithoutNicsGoOn) {
  vswitch().stop("db");
  engine().create("mw-foreign", kLoopImage);

  must("MDocker.StartContainer", guest("mw-foreign"));
  must("MDocker.RestartContainer", guest("mw-foreign"));
  must("MDocker.StopContainer", guest("mw-foreign"));
  must("MDocker.DeleteContainer", guest("mw-foreign"));
}

TEST_F(Faults, WithoutADatabaseAGuestThatNeverRanIsDeleted) {
  create("mw-a", {nic("eth1")});
  vswitch().stop("db");

  must("MDocker.DeleteContainer", guest("mw-a"));

  EXPECT_EQ(state("mw-a"), "absent");
}

TEST_F(Faults, WithoutADatabaseAStopStopsAndSaysThatPortsMayBeLeft) {
  create_and_start("mw-a", {nic("eth1")});
  vswitch().stop("db");

  const std::string error = fails("MDocker.StopContainer", guest("mw-a"));

  expect_says(error, {"mw-a was stopped, but the ports of mw-a may be left", "does not answer"});
  EXPECT_EQ(state("mw-a"), "exited");
  vswitch().start("db");
  must("MDocker.StopContainer", guest("mw-a"));
  expect_nothing_left("mw-a");
}

TEST_F(Faults, ADatabaseThatIsRestartedIsFoundAgain) {
  create_and_start("mw-a", {nic("eth1")});
  vswitch().stop("db");
  vswitch().start("db");

  create_and_start("mw-b", {nic("eth1")});

  EXPECT_EQ(vswitch().ports(kBridge).size(), 2U);
}

TEST_F(Faults, ADatabaseThatGoesInTheMiddleIsCleanedUpWhenItIsBack) {
  create("mw-a", {nic("eth1"), nic("eth2")});
  vswitch().signal("switch", SIGSTOP);
  std::future<std::string> error = starting("mw-a");
  await_port("mw-a");

  vswitch().stop("db");

  expect_says(error.get(), {"cannot plug mw-a", "NIC eth1 on bridge mwbr0", "does not answer",
                            "ports may be left"});
  EXPECT_EQ(state("mw-a"), "exited");
  EXPECT_TRUE(comes_true([] { return our_links().empty(); }));
  vswitch().start("db");
  vswitch().signal("switch", SIGCONT);
  EXPECT_TRUE(comes_true([&] { return vswitch().interfaces("mw-a").empty(); }));
  EXPECT_TRUE(comes_true([&] { return !vswitch().has_bridge(kBridge); }));
}

TEST_F(Faults, ADatabaseThatFreezesHoldsNobodyForLong) {
  create("mw-a", {nic("eth1")});
  create_and_start("mw-b", {nic("eth1")}); // so that it is connected
  vswitch().signal("db", SIGSTOP);
  const auto begin = Clock::now();

  const std::string error = fails("MDocker.StartContainer", guest("mw-a"));

  expect_says(error, {"mw-a", "did not answer in time"});
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(10));
  vswitch().signal("db", SIGCONT);
  EXPECT_EQ(state("mw-a"), "created");
  EXPECT_EQ(vswitch().interfaces("mw-a"), std::vector<std::string>());
  EXPECT_EQ(our_links().size(), 1U); // the other's
}

TEST_F(Faults, ABridgeThatTheSwitchRefusesIsUnmade) {
  host_with({"MISTIFY_NETWORK_DATAPATH_TYPE=mw-bogus"});
  create("mw-a", {nic("eth1"), nic("eth2")});

  const std::string error = fails("MDocker.StartContainer", guest("mw-a"));

  expect_says(error, {"cannot plug mw-a", "NIC eth1 on bridge mwbr0", "no data path"});
  expect_stopped("mw-a");
  EXPECT_FALSE(vswitch().has_bridge(kBridge));
}

TEST_F(Faults, ANameThatIsTakenInTheGuestUnmakesTheOthers) {
  engine().create("mw-foreign", kLoopImage);
  must("MDocker.StartContainer", guest("mw-foreign"));
  const GuestNet net = OnSwitch::net("mw-foreign");
  static_cast<void>(net.run({"ip", "link", "add", "eth2", "type", "veth", "peer", "name", "mwp"}));

  const std::string error =
      fails("MDocker.StartContainer",
            guest("mw-foreign", R"(,"nics":[)" + nic("eth1") + "," + nic("eth2") + "]"));

  expect_says(error, {"NIC eth2 on bridge mwbr0", "has an interface of that name already"});
  EXPECT_EQ(state("mw-foreign"), "running"); // it ran before
  EXPECT_FALSE(net.has_nic("eth1"));
  EXPECT_TRUE(net.has_nic("eth2"));
  expect_nothing_left("mw-foreign");
}

TEST_F(Faults, AGuestThatDiesWhileItIsPluggedLeavesNothing) {
  create("mw-a", {nic("eth1"), nic("eth2")});
  vswitch().signal("switch", SIGSTOP);
  std::future<std::string> error = starting("mw-a");
  await_port("mw-a");

  EXPECT_EQ(engine().request("POST", "/containers/mw-a/kill").status, 204);
  EXPECT_TRUE(comes_true([] { return our_links().empty(); }));
  vswitch().signal("switch", SIGCONT);

  expect_says(error.get(), {"cannot plug mw-a", "bridge mwbr0", "wait for the switch"});
  expect_stopped("mw-a");
  EXPECT_FALSE(vswitch().has_bridge(kBridge));
}

TEST_F(Faults, ADeadlineThatPassesUnmakesWhatWasMade) {
  host_with({"MISTIFY_TIMEOUTS_CHANGE_MS=3000"});
  create("mw-a", {nic("eth1"), nic("eth2")});
  vswitch().signal("switch", SIGSTOP);

  const std::string error = fails("MDocker.StartContainer", guest("mw-a"));

  vswitch().signal("switch", SIGCONT);
  expect_says(error, {"cannot plug mw-a", "NIC eth1 on bridge mwbr0", "in time"});
  expect_stopped("mw-a");
}

TEST_F(Faults, ASwitchThatDoesNotRunIsNamed) {
  create("mw-a", {nic("eth1")});
  vswitch().stop("switch");

  const std::string error = fails("MDocker.StartContainer", guest("mw-a"));

  expect_says(error, {"cannot plug mw-a", "NIC eth1 on bridge mwbr0", "does ovs-vswitchd run?"});
  expect_stopped("mw-a");
  EXPECT_FALSE(vswitch().has_bridge(kBridge));
  vswitch().start("switch");
  start("mw-a");
}

TEST_F(Faults, WhoLeavesInTheMiddleLeavesAGuestThatIsPlugged) {
  create("mw-a", {nic("eth1")});
  vswitch().signal("switch", SIGSTOP);
  {
    Connection connection = Connection::to_port(host().port());
    connection.send(request_text("POST", kRpcPath,
                                 rpc_body("MDocker.StartContainer", guest("mw-a")), {kJsonHeader}));
    await_port("mw-a");
  }
  const std::vector<std::string> ports = vswitch().interfaces("mw-a");
  vswitch().signal("switch", SIGCONT);

  // What has begun comes to its end; the next call of the guest finds it so.
  EXPECT_TRUE(start("mw-a").is_up("eth1"));
  EXPECT_EQ(vswitch().interfaces("mw-a"), ports);
  must("MDocker.StopContainer", guest("mw-a"));
  expect_stopped("mw-a");
}

} // namespace
} // namespace wire
