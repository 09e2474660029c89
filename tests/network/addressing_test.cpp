// SPDX-License-Identifier: Apache-2.0
//
// Addresses, routes and MTU of a guest's NICs.
#include "fixture.hpp"

namespace wire {
namespace {

std::string addressed(const std::string &address, const std::string &netmask,
                      const std::string &gateway = {}) {
  return nic("eth1", kBridge,
             R"(,"address":")" + address + R"(","netmask":")" + netmask + R"(","gateway":")" +
                 gateway + '"');
}

class Static : public OnSwitch {
protected:
  void SetUp() override {
    OnSwitch::SetUp();
    host_with({"MISTIFY_NETWORK_ADDRESSING=static"});
  }
  static bool has(const std::string &text, const std::string &part) {
    return text.find(part) != std::string::npos;
  }
};

TEST_F(Static, AddressesAreSetBeforeStartAnswers) {
  const GuestNet one =
      create_and_start("mw-a", {addressed("10.1.0.1", "255.255.255.0", "10.1.0.254")});
  const GuestNet two = create_and_start("mw-b", {addressed("10.1.0.2", "24", "10.1.0.254")});

  EXPECT_TRUE(one.pings("10.1.0.2"));
  EXPECT_PRED2(has, two.run({"ip", "route"}), "default via 10.1.0.254 dev eth1");
  EXPECT_PRED2(has, two.run({"ip", "route"}), "10.1.0.0/24 dev eth1");
}

TEST_F(Static, AddressesOfIPv6AreUsableAtOnce) {
  const GuestNet one = create_and_start("mw-a", {addressed("fd00:1::1", "64", "fd00:1::fe")});
  const GuestNet two = create_and_start("mw-b", {addressed("fd00:1::2", "64")});

  EXPECT_TRUE(one.succeeds({"busybox", "ping6", "-c", "1", "-W", "5", "fd00:1::2"}));
  EXPECT_PRED2(has, one.run({"ip", "-6", "route"}), "default via fd00:1::fe dev eth1");
  EXPECT_FALSE(has(two.run({"ip", "-6", "route"}), "default"));
}

TEST_F(Static, WhatTheGuestHasLostIsSetAgainInPlace) {
  const GuestNet net =
      create_and_start("mw-a", {addressed("10.1.0.1", "255.255.255.0", "10.1.0.254")});
  const std::vector<std::string> before = vswitch().interfaces("mw-a");
  for (const std::vector<std::string> &loss :
       std::vector<std::vector<std::string>>{{"ip", "address", "flush", "dev", "eth1"},
                                             {"ip", "route", "delete", "default"},
                                             {"ip", "link", "set", "eth1", "down"}}) {
    SCOPED_TRACE(loss.at(1));
    static_cast<void>(net.run(loss));
    start("mw-a");
    EXPECT_PRED2(has, net.run({"ip", "route"}), "default via 10.1.0.254 dev eth1");
  }
  EXPECT_EQ(vswitch().interfaces("mw-a"), before);
}

TEST_F(Static, AGuestThatWasRestartedIsReachedAtOnceByWhoKnewItBefore) {
  create_and_start("mw-a", {addressed("10.1.0.1", "24")});
  const GuestNet other = create_and_start("mw-b", {addressed("10.1.0.2", "24")});
  ASSERT_TRUE(other.pings("10.1.0.1"));
  const std::string mac = net("mw-a").mac("eth1");

  must("MDocker.RestartContainer", guest("mw-a"));

  EXPECT_EQ(net("mw-a").mac("eth1"), mac);
  EXPECT_TRUE(other.succeeds({"busybox", "ping", "-c", "1", "-W", "1", "10.1.0.1"}));
}

TEST_F(Static, AGatewayThatCannotBeReachedUnmakesAll) {
  create("mw-a", {nic("eth0"), addressed("10.1.0.1", "255.255.255.0", "10.2.0.1")});

  const std::string error = fails("MDocker.StartContainer", guest("mw-a"));

  EXPECT_PRED2(has, error, "cannot plug mw-a: NIC eth1 on bridge mwbr0: set the default route: ");
  EXPECT_EQ(state("mw-a"), "exited");
  expect_nothing_left("mw-a");
}

TEST_F(Static, WhatBelongsToAnAddressIsAskedForBeforeAnythingIsTouched) {
  create("mw-a", {nic("eth1", kBridge, R"(,"address":"10.1.0.1")")});
  create("mw-b", {nic("eth1", kBridge, R"(,"gateway":"10.1.0.254")")});

  EXPECT_EQ(fails("MDocker.StartContainer", guest("mw-a")),
            R"(guest.nics[0].netmask: expected a netmask beside the address, got "")");
  EXPECT_EQ(fails("MDocker.StartContainer", guest("mw-b")),
            R"(guest.nics[0].address: expected an address beside the gateway, got "")");
  EXPECT_EQ(state("mw-a"), "created");
  EXPECT_FALSE(vswitch().has_bridge(kBridge));
}

using Addressing = OnSwitch;

TEST_F(Addressing, IsLeftToTheGuestUnlessItIsAskedFor) {
  const GuestNet net =
      create_and_start("mw-a", {addressed("10.1.0.1", "255.255.255.0", "10.1.0.254")});

  EXPECT_EQ(net.run({"ip", "-4", "address", "show", "dev", "eth1"}), "");
  EXPECT_EQ(net.run({"ip", "route"}), "");
}

TEST_F(Addressing, TheMtuIsTheBridges) {
  const auto mtu = [](const std::string &text) {
    const std::size_t at = text.find("mtu ");
    return at == std::string::npos ? text : text.substr(at + 4, text.find(' ', at + 4) - at - 4);
  };
  vswitch().vsctl({"add-br", kBridge, "--", "set", "bridge", kBridge, "datapath_type=netdev", "--",
                   "set", "interface", kBridge, "mtu_request=1400"});
  ASSERT_TRUE(comes_true([&] { return vswitch().get("interface", kBridge, "mtu") == "1400"; }));

  const GuestNet net = create_and_start("mw-a", {nic("eth1")});

  const std::string link = vswitch().interfaces("mw-a").at(0);
  EXPECT_EQ(mtu(net.run({"ip", "-o", "link", "show", "dev", "eth1"})), "1400");
  EXPECT_EQ(mtu(run({{"ip", "-o", "link", "show", "dev", link}})), "1400");

  static_cast<void>(net.run({"ip", "link", "set", "eth1", "mtu", "1300"}));
  start("mw-a"); // in place

  EXPECT_EQ(mtu(net.run({"ip", "-o", "link", "show", "dev", "eth1"})), "1400");
  EXPECT_EQ(vswitch().interfaces("mw-a"), std::vector<std::string>{link});
}

} // namespace
} // namespace wire
