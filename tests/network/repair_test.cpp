// SPDX-License-Identifier: Apache-2.0
//
// A start of a guest that runs already.
#include "fixture.hpp"

#include <atomic>
#include <optional>
#include <thread>

namespace wire {
namespace {

class Repair : public OnSwitch {
protected:
  void SetUp() override {
    OnSwitch::SetUp();
    net_.emplace(create_and_start("mw-a", {nic("eth1", kBridge, R"(,"mac":"12:7d:da:f2:ed:63")")}));
    link_ = vswitch().interfaces("mw-a").at(0);
  }
  /// Starts the guest again, and expects that it has its NIC.
  void repaired() {
    start("mw-a");
    EXPECT_EQ(vswitch().interfaces("mw-a", "eth1").size(), 1U);
    EXPECT_EQ(vswitch().ports(kBridge), vswitch().interfaces("mw-a"));
    EXPECT_EQ(net_->mac("eth1"), "12:7d:da:f2:ed:63");
    EXPECT_TRUE(net_->is_up("eth1"));
    EXPECT_EQ(our_links().size(), 1U);
    const GuestNet other = create_and_start("mw-b", {nic("eth1")});
    if (net_->run({"ip", "-4", "address", "show", "dev", "eth1"}).empty())
      net_->add_address("eth1", "10.1.0.1/24");
    other.add_address("eth1", "10.1.0.2/24");
    EXPECT_TRUE(other.pings("10.1.0.1"));
  }
  [[nodiscard]] std::string link() const { return link_; }
  [[nodiscard]] const GuestNet &net() const { return *net_; }

private:
  std::optional<GuestNet> net_;
  std::string link_;
};

TEST_F(Repair, NothingIsChangedWhereTheNicStandsAsWanted) {
  // Where the engine lets guests have IPv6, the kernel gives a link an address of its own, which is
  // "tentative" for a while.
  ASSERT_TRUE(comes_true([&] {
    return net().run({"ip", "-6", "-o", "address", "show", "dev", "eth1"}).find("tentative") ==
           std::string::npos;
  }));
  // What the switch itself writes (statistics) is in other rows.
  const auto seen = [&] {
    return vswitch().get("interface", link(), "_uuid") + vswitch().vsctl({"list", "port"}) +
           vswitch().vsctl({"list", "bridge"}) + vswitch().get("open_vswitch", ".", "next_cfg") +
           net().run({"ip", "-o", "address", "show"}) + net().run({"ip", "-o", "link", "show"});
  };
  const std::string before = seen();

  for (int i = 0; i < 3; ++i)
    start("mw-a");

  EXPECT_EQ(vswitch().interfaces("mw-a"), std::vector<std::string>{link()});
  EXPECT_EQ(seen(), before);
}

TEST_F(Repair, NoPacketIsLostWhereTheNicStandsAsWanted) {
  const GuestNet other = create_and_start("mw-b", {nic("eth1")});
  net().add_address("eth1", "10.1.0.1/24");
  other.add_address("eth1", "10.1.0.2/24");
  const Fd here = net().udp("10.1.0.1", 7);
  const Fd there = other.udp("10.1.0.2", 7);
  std::atomic<bool> started{false};
  std::thread starter([&] {
    for (int i = 0; i < 5; ++i)
      static_cast<void>(host().call("MDocker.StartContainer", guest("mw-a")));
    started = true;
  });

  int sent = 0;
  int received = 0;
  while (!started || sent < 100) {
    ++sent;
    send_to(here, "10.1.0.2", 7, "there");
    received += readable(there, std::chrono::seconds(2)) && receive(there) == "there" ? 1 : 0;
  }
  starter.join();

  EXPECT_EQ(received, sent);
}

TEST_F(Repair, APortThatWasRemovedIsMadeAgain) {
  vswitch().vsctl({"del-port", link()});
  repaired();
}

TEST_F(Repair, ALinkThatWasRemovedIsMadeAgain) {
  run({{"ip", "link", "delete", link()}});
  repaired();
}

TEST_F(Repair, AnotherMacIsSetRight) {
  static_cast<void>(net().run({"ip", "link", "set", "eth1", "address", "12:7d:da:f2:ed:99"}));
  repaired();
}

TEST_F(Repair, ANicThatIsDownIsBroughtUpInPlace) {
  static_cast<void>(net().run({"ip", "link", "set", "eth1", "down"}));
  run({{"ip", "link", "set", link(), "down"}});
  repaired();
  EXPECT_EQ(vswitch().interfaces("mw-a"), std::vector<std::string>{link()});
}

TEST_F(Repair, APortOnAnotherBridgeIsMoved) {
  vswitch().vsctl({"--may-exist",
                   "add-br",
                   "mwbr1",
                   "--",
                   "set",
                   "bridge",
                   "mwbr1",
                   "datapath_type=netdev",
                   "--",
                   "del-port",
                   link(),
                   "--",
                   "add-port",
                   "mwbr1",
                   link(),
                   "--",
                   "set",
                   "interface",
                   link(),
                   "external_ids:container_id=mw-a",
                   "external_ids:container_iface=eth1"});
  repaired();
  EXPECT_EQ(vswitch().ports("mwbr1"), std::vector<std::string>());
}

TEST_F(Repair, OtherTrunksAreSetRightInPlace) {
  vswitch().vsctl({"set", "port", link(), "trunks=1,2"});
  repaired();
  EXPECT_EQ(vswitch().interfaces("mw-a"), std::vector<std::string>{link()});
  EXPECT_EQ(vswitch().get("port", link(), "trunks"), "[]");
}

} // namespace
} // namespace wire
