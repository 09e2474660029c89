// SPDX-License-Identifier: Apache-2.0
//
// Other tools and ours find what the other has made.
#include "fixture.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace wire {
namespace {

class OvsDocker : public OnSwitch {
protected:
  /// ovs-docker, with the one command of docker that it needs.
  void ovs_docker(const std::vector<std::string> &arguments) {
    std::ofstream(bin_.path() / "docker") << R"(#!/bin/sh
# docker inspect -f '{{.State.Pid}}' CONTAINER
exec curl -sf --unix-socket ')" << engine().socket().string()
                                          << R"(' "http://engine/containers/$4/json" | jq .State.Pid
)";
    std::filesystem::permissions(bin_.path() / "docker", std::filesystem::perms::owner_all);
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing here sets a variable
    const std::string path = bin_.path().string() + ":" + std::getenv("PATH");
    Command command{
        {"env", "PATH=" + path, "OVS_RUNDIR=" + vswitch().folder().string(), "ovs-docker"}};
    command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
    run(command);
  }

private:
  TempDir bin_;
};

TEST_F(OvsDocker, RemovesWhatWePlugged) {
  // A guest that we did not make: it is not plugged again.
  engine().create("mw-foreign", kLoopImage);
  must("MDocker.StartContainer",
       guest("mw-foreign", R"(,"nics":[)" + nic("eth1") + "," + nic("eth2") + "]"));
  const GuestNet net = OnSwitch::net("mw-foreign");

  ovs_docker({"del-port", kBridge, "eth1", "mw-foreign"});

  EXPECT_FALSE(net.has_nic("eth1"));
  EXPECT_TRUE(net.has_nic("eth2"));
  EXPECT_EQ(vswitch().interfaces("mw-foreign").size(), 1U);
  must("MDocker.StopContainer", guest("mw-foreign")); // it does not miss the other
  expect_nothing_left("mw-foreign");
}

TEST_F(OvsDocker, RemovesWhatAGuestOfOursGetsAgain) {
  const GuestNet net = create_and_start("mw-a", {nic("eth1")});
  const std::vector<std::string> before = vswitch().interfaces("mw-a");

  ovs_docker({"del-port", kBridge, "eth1", "mw-a"});

  EXPECT_TRUE(comes_true([&] {
    const std::vector<std::string> now = vswitch().interfaces("mw-a");
    return now.size() == 1 && now != before && net.has_nic("eth1");
  }));
}

TEST_F(OvsDocker, HasWhatItPluggedRemovedByStop) {
  create_and_start("mw-a", {nic("eth1")});
  ovs_docker({"add-port", kBridge, "eth7", "mw-a"});
  // The container may have been named in other ways too.
  const std::string full = text_at(engine().inspect("mw-a"), {"Id"});
  ovs_docker({"add-port", kBridge, "eth8", full});
  ovs_docker({"add-port", kBridge, "eth9", full.substr(0, 12)});
  ASSERT_EQ(vswitch().interfaces("mw-a", "eth7").size(), 1U);
  ASSERT_EQ(vswitch().ports(kBridge).size(), 4U);
  const std::string link = vswitch().interfaces("mw-a", "eth7").front();

  must("MDocker.StopContainer", guest("mw-a"));

  EXPECT_EQ(vswitch().ports(kBridge), std::vector<std::string>());
  EXPECT_TRUE(comes_true([&] { return !std::filesystem::exists("/sys/class/net/" + link); }));
}

TEST_F(OvsDocker, AndItsPortThatStandsAsWantedIsKept) {
  host_with({"MISTIFY_NETWORK_DRIVER=none"});
  create_and_start("mw-a", {nic("eth1")});
  vswitch().vsctl({"add-br", kBridge, "--", "set", "bridge", kBridge, "datapath_type=netdev"});
  ovs_docker({"add-port", kBridge, "eth1", "mw-a"});
  const std::vector<std::string> before = vswitch().interfaces("mw-a");
  ASSERT_TRUE(
      comes_true([&] { return vswitch().get("interface", before.at(0), "ofport") == "1"; }));

  host_with({});
  start("mw-a");

  EXPECT_EQ(vswitch().interfaces("mw-a"), before);
}

} // namespace
} // namespace wire
