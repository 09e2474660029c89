// SPDX-License-Identifier: Apache-2.0
//
// What guests on bridges reach, and what they do not.
#include "fixture.hpp"

namespace wire {
namespace {

using Reach = OnSwitch;

// One more, for as long as it lives.
class AddressOfThisMachine {
public:
  explicit AddressOfThisMachine(const std::string &address) : address_(address + "/32") {
    static_cast<void>(run({{"ip", "address", "add", address_, "dev", "lo"}}));
  }
  ~AddressOfThisMachine() {
    Process removal({{"ip", "address", "delete", address_, "dev", "lo"}});
    EXPECT_EQ(removal.wait(), 0);
  }
  AddressOfThisMachine(const AddressOfThisMachine &) = delete;
  AddressOfThisMachine &operator=(const AddressOfThisMachine &) = delete;

private:
  std::string address_;
};

TEST_F(Reach, TwoGuestsOnABridgePingEachOtherWhenStartAnswers) {
  const GuestNet one = create_and_start("mw-a", {nic("eth1")});
  const GuestNet two = create_and_start("mw-b", {nic("eth1")});
  one.add_address("eth1", "10.1.0.1/24");
  two.add_address("eth1", "10.1.0.2/24");

  EXPECT_TRUE(one.pings("10.1.0.2"));
  EXPECT_TRUE(two.pings("10.1.0.1"));
}

// A data path in user space leaves frames to the kernel as well.
TEST_F(Reach, TheHostDoesNotAnswerForItsOwnAddresses) {
  const AddressOfThisMachine address("10.1.77.2");
  const GuestNet guest = create_and_start("mw-a", {nic("eth1")});
  guest.add_address("eth1", "10.1.77.1/24");

  EXPECT_FALSE(guest.pings("10.1.77.2"));

  EXPECT_EQ(guest.run({"ip", "neighbour", "show", "10.1.77.2"}).find("lladdr"), std::string::npos);
}

TEST_F(Reach, AMegabyteGoesThroughTcp) {
  const GuestNet one = create_and_start("mw-a", {nic("eth1")});
  const GuestNet two = create_and_start("mw-b", {nic("eth1")});
  one.add_address("eth1", "10.1.0.1/24");
  two.add_address("eth1", "10.1.0.2/24");
  const Fd listening = two.listen("10.1.0.2", 7);
  const Fd sending = one.connect("10.1.0.2", 7);
  const Fd receiving = accept(listening);

  const std::string chunk(16'384, 'x');
  std::size_t received = 0;
  for (int i = 0; i < 64; ++i) {
    send_all(sending, chunk);
    for (std::size_t part = 0; part < chunk.size();)
      part += receive(receiving, chunk.size() - part).size();
    received += chunk.size();
  }

  EXPECT_EQ(received, std::size_t{1} << 20U);
}

TEST_F(Reach, GuestsOnDifferentBridgesDoNotReachEachOther) {
  const GuestNet one = create_and_start("mw-a", {nic("eth1", "mwbr0")});
  const GuestNet two = create_and_start("mw-b", {nic("eth1", "mwbr1"), nic("eth2", "mwbr0")});
  const Fd sending = one.frames("eth1");
  const Fd other_bridge = two.frames("eth1");
  const Fd same_bridge = two.frames("eth2");

  send_all(sending, tagged_frame(7, "hello"));

  bool arrived = false;
  while (!arrived)
    arrived = receive(same_bridge).find("hello") != std::string::npos;
  while (readable(other_bridge, std::chrono::milliseconds(0)))
    EXPECT_EQ(receive(other_bridge).find("hello"), std::string::npos);
}

TEST_F(Reach, ANicHasItsNameAndMacAndIsUp) {
  const GuestNet net =
      create_and_start("mw-a", {nic("eth1", kBridge, R"(,"mac":"12:7D:DA:F2:ED:63")"),
                                nic("a-long-name-15c", "mwbr1")});

  EXPECT_EQ(net.mac("eth1"), "12:7d:da:f2:ed:63");
  EXPECT_TRUE(net.is_up("eth1"));
  EXPECT_TRUE(net.is_up("a-long-name-15c"));
}

TEST_F(Reach, TrunksAreInTheDatabaseAndHeldOnTheWire) {
  const std::string trunks = R"(,"vlans":[20,10])";
  const GuestNet one = create_and_start("mw-a", {nic("eth1", kBridge, trunks)});
  const GuestNet two = create_and_start("mw-b", {nic("eth1", kBridge, trunks)});
  const std::vector<std::string> ports = vswitch().interfaces("mw-a", "eth1");
  ASSERT_EQ(ports.size(), 1U);
  EXPECT_EQ(vswitch().get("port", ports.front(), "trunks"), "[10, 20]");
  const Fd sending = one.frames("eth1");
  const Fd receiving = two.frames("eth1");

  send_all(sending, tagged_frame(30, "stranger"));
  send_all(sending, tagged_frame(20, "friend"));

  std::string arrived;
  while (arrived.find("friend") == std::string::npos)
    arrived += receive(receiving);
  EXPECT_EQ(arrived.find("stranger"), std::string::npos);
}

TEST_F(Reach, WithoutTrunksEveryVlanArrives) {
  const GuestNet one = create_and_start("mw-a", {nic("eth1")});
  const GuestNet two = create_and_start("mw-b", {nic("eth1")});
  const Fd sending = one.frames("eth1");
  const Fd receiving = two.frames("eth1");

  send_all(sending, tagged_frame(30, "anybody"));

  std::string arrived;
  while (arrived.find("anybody") == std::string::npos)
    arrived += receive(receiving);
  EXPECT_EQ(vswitch().get("port", vswitch().interfaces("mw-a").at(0), "trunks"), "[]");
}

} // namespace
} // namespace wire
