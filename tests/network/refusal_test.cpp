// SPDX-License-Identifier: Apache-2.0
//
// NICs that can never be plugged are refused before anything is touched.
#include "fixture.hpp"

#include <filesystem>

namespace wire {
namespace {

struct Refused {
  const char *name;
  const char *nics;
  const char *says;
};

class Refusal : public OnSwitch, public testing::WithParamInterface<Refused> {};

TEST_P(Refusal, NamesTheFieldAndStartsNothing) {
  engine().create("mw-foreign", kLoopImage); // so that the NICs are the request's
  const std::string request = guest("mw-foreign", R"(,"nics":)" + std::string(GetParam().nics));

  for (const char *method : {"MDocker.StartContainer", "MDocker.RestartContainer"}) {
    const std::string error = fails(method, request);
    EXPECT_EQ(error.rfind(GetParam().says, 0), 0U) << error;
  }

  EXPECT_EQ(state("mw-foreign"), "created");
  EXPECT_FALSE(vswitch().has_bridge(kBridge));
}

INSTANTIATE_TEST_SUITE_P(
    Nics, Refusal,
    testing::Values(Refused{"NoName", R"([{"network":"mwbr0"}])",
                            "guest.nics[0].name: expected 1 to 15 characters"},
                    Refused{"NoNetwork", R"([{"name":"eth1"}])",
                            "guest.nics[0].network: expected a bridge's name, got \"\""},
                    Refused{"Mac", R"([{"name":"eth1","network":"mwbr0"},
                                       {"name":"eth2","network":"mwbr0","mac":"zz"}])",
                            "guest.nics[1].mac: expected a MAC address"},
                    Refused{"LongName", R"([{"name":"sixteen-letters-","network":"mwbr0"}])",
                            "guest.nics[0].name: expected 1 to 15 characters"},
                    Refused{"Twice", R"([{"name":"eth1","network":"mwbr0"},
                                         {"name":"eth1","network":"mwbr1"}])",
                            "guest.nics[1].name: expected a name of its own"}),
    [](const auto &param_info) { return param_info.param.name; });

class RefusedGuest : public OnSwitch {};

TEST_F(RefusedGuest, IsOneThatSharesTheMachinesNetwork) {
  ASSERT_EQ(engine()
                .request("POST", "/containers/create?name=mw-host",
                         R"({"Image":")" + std::string(kLoopImage) +
                             R"(","HostConfig":{"NetworkMode":"host"}})")
                .status,
            201);

  const std::string error =
      fails("MDocker.StartContainer", guest("mw-host", R"(,"nics":[)" + nic("mweth1") + "]"));

  EXPECT_NE(error.find("the guest has no network of its own"), std::string::npos) << error;
  EXPECT_EQ(state("mw-host"), "exited");
  EXPECT_FALSE(vswitch().has_bridge(kBridge));
  EXPECT_FALSE(std::filesystem::exists("/sys/class/net/mweth1"));
}

class RefusedCreate : public OnSwitch {};

TEST_F(RefusedCreate, TakesEmptyFieldsAndRefusesMalformedOnes) {
  create("mw-a", {"{}"});
  const std::string error =
      fails("MDocker.CreateContainer",
            guest("mw-b", R"(,"image":")" + std::string(kLoopImage) + R"(","nics":[)" +
                              nic("eth1", kBridge, R"(,"vlans":[4096])") + "]"));

  EXPECT_EQ(error, "guest.nics[0].vlans: expected VLANs from 0 to 4095, got \"4096\"");
  EXPECT_EQ(state("mw-b"), "absent");
  const std::string start = fails("MDocker.StartContainer", guest("mw-a"));
  EXPECT_EQ(start.rfind("guest.nics[0].name: expected", 0), 0U) << start;
  EXPECT_EQ(state("mw-a"), "created");
}

} // namespace
} // namespace wire
