// SPDX-License-Identifier: Apache-2.0
//
// The cases about NICs that were measured on the original: create takes an empty name or network,
// start takes none of them, and neither takes what is malformed.
#include "fixture.hpp"

namespace wire {
namespace {

constexpr const char *kNics =
    R"(,"nics":[{"name":"eth1","network":"mistify0","model":"","mac":"12:7d:da:f2:ed:63",)"
    R"("address":"","netmask":"","gateway":"","vlans":[1,2,3]}])";

class NicConformance : public OnSwitch {
protected:
  static std::string loop_guest(const std::string &id, const std::string &more) {
    return guest(id, R"(,"image":")" + std::string(kLoopImage) + '"' + more);
  }
  static std::string echoed(const std::string &id, const std::string &state) {
    return R"({"guest":{"id":")" + id + '"' + kNics + R"(,"state":")" + state + R"("}})";
  }
};

TEST_F(NicConformance, AGuestWithANicIsPluggedOnceHoweverOftenItIsStarted) {
  must("MDocker.CreateContainer", loop_guest("mw-g1", kNics));

  EXPECT_EQ(must("MDocker.StartContainer", guest("mw-g1", kNics)), echoed("mw-g1", "running"));
  const std::vector<std::string> ports = vswitch().interfaces("mw-g1", "eth1");
  ASSERT_EQ(ports.size(), 1U);
  EXPECT_EQ(vswitch().ports("mistify0"), ports);
  EXPECT_EQ(vswitch().get("port", ports.at(0), "trunks"), "[1, 2, 3]");
  EXPECT_EQ(net("mw-g1").mac("eth1"), "12:7d:da:f2:ed:63");

  EXPECT_EQ(must("MDocker.StartContainer", guest("mw-g1", kNics)), echoed("mw-g1", "running"));
  EXPECT_EQ(vswitch().interfaces("mw-g1", "eth1"), ports); // the original made it anew

  EXPECT_EQ(must("MDocker.RebootContainer", guest("mw-g1", kNics)), echoed("mw-g1", "running"));
  EXPECT_EQ(vswitch().ports("mistify0").size(), 1U);
  EXPECT_EQ(must("MDocker.StopContainer", guest("mw-g1", kNics)), echoed("mw-g1", "stopped"));
  EXPECT_EQ(vswitch().ports("mistify0"), std::vector<std::string>());
  EXPECT_EQ(must("MDocker.DeleteContainer", guest("mw-g1", kNics)), echoed("mw-g1", "deleted"));
}

struct Case {
  const char *name;
  const char *nics;  ///< Of the start; empty: none are named.
  const char *error; ///< How it begins.
};

class Starts : public NicConformance, public testing::WithParamInterface<Case> {};

TEST_P(Starts, OfAGuestWhoseNicIsEmptyAreRefused) {
  must("MDocker.CreateContainer", loop_guest("mw-g2", R"(,"nics":[{}],"bogus":1)"));
  const std::string nics = GetParam().nics;

  const std::string error =
      fails("MDocker.StartContainer", guest("mw-g2", nics.empty() ? "" : R"(,"nics":)" + nics));

  EXPECT_EQ(error.rfind(GetParam().error, 0), 0U) << error;
  EXPECT_EQ(state("mw-g2"), "created");
  EXPECT_EQ(vswitch().vsctl({"list-br"}), "");
}

INSTANTIATE_TEST_SUITE_P(
    Original, Starts,
    testing::Values(Case{"WithoutNics", "", "guest.nics[0].name: expected 1 to 15 characters"},
                    Case{"NicWithoutName", R"([{"network":"mistify0"}])",
                         R"(guest.nics[0].network: expected "", as the guest was created with)"},
                    Case{"NicEmptyNetwork", R"([{"name":"eth1"}])",
                         R"(guest.nics[0].name: expected "", as the guest was created with)"},
                    Case{"NicBadMac", R"([{"name":"eth1","network":"mistify0","mac":"zz"}])",
                         R"(guest.nics[0].name: expected "", as the guest was created with)"}),
    [](const auto &param_info) { return param_info.param.name; });

class Creates : public NicConformance, public testing::WithParamInterface<Case> {};

TEST_P(Creates, AreRefusedWhereANicCanNeverBePlugged) {
  const std::string error = fails(
      "MDocker.CreateContainer", loop_guest("mw-g3", R"(,"nics":)" + std::string(GetParam().nics)));

  EXPECT_EQ(error.rfind(GetParam().error, 0), 0U) << error;
  EXPECT_EQ(state("mw-g3"), "absent");
}

INSTANTIATE_TEST_SUITE_P(
    Malformed, Creates,
    testing::Values(
        Case{"Mac", R"([{"name":"eth1","network":"mistify0","mac":"zz"}])",
             R"(guest.nics[0].mac: expected a MAC address of six octets)"},
        Case{"LongName", R"([{},{"name":"sixteen-letters-"}])",
             "guest.nics[1].name: expected 1 to 15 characters"},
        Case{"Slash", R"([{"name":"a/b"}])", "guest.nics[0].name: expected 1 to 15 characters"},
        Case{"Space", R"([{"name":"a b"}])", "guest.nics[0].name: expected 1 to 15 characters"},
        Case{"Bridge", R"([{"network":"br 0"}])",
             "guest.nics[0].network: expected a bridge's name"},
        Case{"Twice", R"([{"name":"eth1"},{"name":"eth1"}])",
             "guest.nics[1].name: expected a name of its own"},
        Case{"Vlan", R"([{"vlans":[1,4096]}])",
             "guest.nics[0].vlans: expected VLANs from 0 to 4095"},
        Case{"Address", R"([{"address":"10.1.0"}])", "guest.nics[0].address: expected an IPv4"},
        Case{"Netmask", R"([{"address":"10.1.0.1","netmask":"255.0.255.0"}])",
             "guest.nics[0].netmask: expected a netmask"}),
    [](const auto &param_info) { return param_info.param.name; });

} // namespace
} // namespace wire
