// SPDX-License-Identifier: Apache-2.0
#include "network/checks.hpp"

#include "error.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

namespace mdocker::network {
namespace {

Nic good() {
  return {"eth1", "br0", "12:7d:da:f2:ed:63", "10.0.0.2", "255.255.255.0", "10.0.0.1", {1, 2}};
}

// What check_complete() says of one NIC, or of this one behind a good one.
std::string said_of(const std::vector<Nic> &nics) {
  try {
    check_complete(nics, true);
  } catch (const Error &error) {
    EXPECT_EQ(error.kind(), Kind::invalid);
    return error.what();
  }
  return "fine";
}

struct Case {
  const char *name;
  std::string Nic::*field;
  const char *value;
  const char *says; ///< What the message begins with; "fine" where it is.
};

class Fields : public testing::TestWithParam<Case> {};

TEST_P(Fields, AreRefusedByTheirPath) {
  Nic first = good();
  first.name = "eth0";
  first.gateway.clear();
  Nic nic = good();
  nic.*GetParam().field = GetParam().value;

  const std::string said = said_of({first, nic});

  EXPECT_EQ(said.rfind(GetParam().says, 0), 0U) << said;
}

const char *const kName = "guest.nics[1].name: expected 1 to 15 characters";
const char *const kNetwork = "guest.nics[1].network: expected a bridge's name";
const char *const kMac = "guest.nics[1].mac: expected a MAC address of six octets";
const char *const kAddress = "guest.nics[1].address: expected an IPv4 or IPv6 address, got";
const char *const kNetmask = "guest.nics[1].netmask: expected a netmask";

INSTANTIATE_TEST_SUITE_P(
    Nics, Fields,
    testing::Values(
        Case{"Longest", &Nic::name, "fifteen-letters", "fine"},
        Case{"TooLong", &Nic::name, "sixteen-letters-", kName},
        Case{"Empty", &Nic::name, "", kName}, Case{"Slash", &Nic::name, "a/b", kName},
        Case{"Space", &Nic::name, "a b", kName}, Case{"Tab", &Nic::name, "a\tb", kName},
        Case{"Dot", &Nic::name, ".", kName}, Case{"Dots", &Nic::name, "..", kName},
        Case{"Colon", &Nic::name, "eth0:1", kName}, Case{"NoAscii", &Nic::name, "\xc3\xa9", kName},
        Case{"Loopback", &Nic::name, "lo", "guest.nics[1].name: expected another name"},
        Case{"Twice", &Nic::name, "eth0", "guest.nics[1].name: expected a name of its own"},
        Case{"NoBridge", &Nic::network, "", kNetwork},
        Case{"BadBridge", &Nic::network, "br/0", kNetwork},
        Case{"LongBridge", &Nic::network, "a-bridge-of-sixt", kNetwork},
        Case{"NoMac", &Nic::mac, "", "fine"},
        Case{"UpperMac", &Nic::mac, "12:7D:DA:F2:ED:63", "fine"},
        Case{"ShortMac", &Nic::mac, "12:7d:da:f2:ed", kMac},
        Case{"LongMac", &Nic::mac, "12:7d:da:f2:ed:63:00", kMac},
        Case{"NoHex", &Nic::mac, "12:7d:da:f2:ed:6g", kMac},
        Case{"Dashes", &Nic::mac, "12-7d-da-f2-ed-63", kMac},
        Case{"Multicast", &Nic::mac, "13:7d:da:f2:ed:63",
             "guest.nics[1].mac: expected a unicast MAC address"},
        Case{"Broadcast", &Nic::mac, "ff:ff:ff:ff:ff:ff",
             "guest.nics[1].mac: expected a unicast MAC address"},
        Case{"Zero", &Nic::mac, "00:00:00:00:00:00",
             "guest.nics[1].mac: expected a MAC address that is not all zero"},
        Case{"NoAddress4", &Nic::address, "10.0.0.256", kAddress},
        Case{"AddressWithPrefix", &Nic::address, "10.0.0.2/24", kAddress},
        Case{"AddressWithout", &Nic::address, "",
             "guest.nics[1].address: expected an address beside the netmask"},
        Case{"OtherFamily", &Nic::address, "fd00::2", kNetmask},
        Case{"PrefixLength", &Nic::netmask, "24", "fine"},
        Case{"PrefixTooLong", &Nic::netmask, "33", kNetmask},
        Case{"PrefixZero", &Nic::netmask, "0", kNetmask},
        Case{"Gaps", &Nic::netmask, "255.0.255.0", kNetmask},
        Case{"NoMask", &Nic::netmask, "",
             "guest.nics[1].netmask: expected a netmask beside the address"},
        Case{"NoGateway", &Nic::gateway, "", "fine"},
        Case{"BadGateway", &Nic::gateway, "router", "guest.nics[1].gateway: expected an IPv4"},
        Case{"Gateway6", &Nic::gateway, "fd00::1",
             "guest.nics[1].gateway: expected an address of the same family"}),
    [](const auto &param_info) { return param_info.param.name; });

TEST(Checks, VlansAreFrom0To4095) {
  Nic nic = good();
  nic.vlans = {0, 4095};
  EXPECT_EQ(said_of({nic}), "fine");
  for (const std::int64_t vlan : {-1, 4096}) {
    nic.vlans = {1, vlan};
    EXPECT_EQ(said_of({nic}), "guest.nics[0].vlans: expected VLANs from 0 to 4095, got \"" +
                                  std::to_string(vlan) + "\"");
  }
}

TEST(Checks, OneDefaultRouteIsEnough) {
  Nic other = good();
  other.name = "eth2";
  EXPECT_EQ(said_of({good(), other}),
            "guest.nics[1].gateway: expected one default route, and guest.nics[0] has one already, "
            "got \"10.0.0.1\"");
}

TEST(Checks, AddressesNeedNothingWhereTheyAreNotSet) {
  Nic nic = good();
  nic.netmask.clear();
  EXPECT_NO_THROW(check_complete({nic}, false));
}

TEST(Checks, AtCreationEmptyPassesAndMalformedDoesNot) {
  EXPECT_NO_THROW(check_form({Nic{}, Nic{}}));
  Nic nic;
  nic.mac = "zz";
  EXPECT_THROW(check_form({nic}), Error);
  nic = Nic();
  nic.name = "eth1";
  EXPECT_THROW(check_form({nic, nic}), Error);
}

TEST(Checks, ALongValueIsShortenedInTheMessage) {
  Nic nic = good();
  nic.name = std::string(10'000, 'x');
  EXPECT_LT(said_of({nic}).size(), 200U);
}

TEST(Checks, TheUsualMacIsTheContainersAndTheNicsOwn) {
  const Mac mac = usual_mac("aa", "eth1");
  EXPECT_EQ(mac, usual_mac("aa", "eth1"));
  EXPECT_NE(mac, usual_mac("aa", "eth2"));
  EXPECT_NE(mac, usual_mac("ab", "eth1"));
  for (int i = 0; i < 1000; ++i)
    EXPECT_EQ(usual_mac("aa", std::to_string(i)).front() & 3U, 2U) << "unicast, and local";
}

TEST(Checks, ANetmaskIsItsPrefixLength) {
  EXPECT_EQ(parse_netmask("255.255.255.0", AF_INET), 24U);
  EXPECT_EQ(parse_netmask("255.255.255.255", AF_INET), 32U);
  EXPECT_EQ(parse_netmask("64", AF_INET6), 64U);
  EXPECT_EQ(parse_netmask("255.255.255.0", AF_INET6), std::nullopt);
  EXPECT_EQ(parse_netmask("0.0.0.0", AF_INET), std::nullopt);
}

} // namespace
} // namespace mdocker::network
