// SPDX-License-Identifier: Apache-2.0
#include <settings.hpp>

#include <gtest/gtest.h>

#include <fstream>

namespace mdocker {
namespace {

using namespace std::chrono_literals;

std::string refusal_of(std::string_view json) {
  try {
    Settings::parse(json);
  } catch (const std::invalid_argument &error) {
    return error.what();
  }
  return "accepted";
}

TEST(Settings, DefaultsAreTheOriginals) {
  const Settings settings = Settings::parse("{}");

  EXPECT_EQ(settings.endpoint.name, "unix:///var/run/docker.sock");
  EXPECT_EQ(settings.image_service.name, "images.service.lochness.local");
  EXPECT_EQ(settings.devices, std::vector<std::string>{"/dev/zfs"});
  EXPECT_EQ(settings.timeouts.stop_grace, 10s);
  EXPECT_EQ(settings.network.driver, "ovs");
  EXPECT_EQ(settings.network.ovsdb, "/var/run/openvswitch/db.sock");
  EXPECT_EQ(settings.network.datapath_type, "");
  EXPECT_FALSE(settings.network.static_addresses);
}

TEST(Settings, HaveAnInstanceThatDoesNotShowTheMachinesId) {
  const std::string instance = Settings::parse("{}").instance;

  EXPECT_EQ(instance.size(), 16U);
  EXPECT_EQ(instance.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_EQ(Settings::parse(R"({"instance":""})").instance, instance);
  std::string machine;
  std::ifstream("/etc/machine-id") >> machine;
  EXPECT_EQ(machine.find(instance), std::string::npos);
}

TEST(Settings, TakesEveryKey) {
  const Settings settings = Settings::parse(R"({
    "endpoint": "tcp://127.0.0.1:1", "insecure": true, "cert_path": "",
    "image_service": "images:8080", "devices": ["/dev/fuse"], "instance": "host-7",
    "network": {"driver": "none", "ovsdb": "/run/db.sock", "datapath_type": "netdev",
                "addressing": "static"},
    "timeouts": {"connect_ms": 1, "read_ms": 2, "change_ms": 3, "save_ms": 4, "stop_grace_ms": 5,
                 "stop_margin_ms": 6},
    "limits": {"engine_answer": 7, "engine_reads": 8, "list_inspects": 9}})");

  EXPECT_EQ(settings.endpoint.port, 1U);
  EXPECT_EQ(settings.image_service.name, "images:8080");
  EXPECT_EQ(settings.devices, std::vector<std::string>{"/dev/fuse"});
  EXPECT_EQ(settings.instance, "host-7");
  EXPECT_EQ(settings.network.driver, "none");
  EXPECT_EQ(settings.network.ovsdb, "/run/db.sock");
  EXPECT_EQ(settings.network.datapath_type, "netdev");
  EXPECT_TRUE(settings.network.static_addresses);
  EXPECT_EQ(settings.timeouts.connect, 1ms);
  EXPECT_EQ(settings.timeouts.stop_margin, 6ms);
  EXPECT_EQ(settings.bounds.engine_answer, 7U);
  EXPECT_EQ(settings.bounds.list_inspects, 9U);
}

struct Refused {
  const char *name;
  const char *json;
  const char *says;
};

class RefusedSettings : public testing::TestWithParam<Refused> {};

TEST_P(RefusedSettings, NameTheKeyAndWhatWasExpected) {
  EXPECT_EQ(refusal_of(GetParam().json), GetParam().says);
}

INSTANTIATE_TEST_SUITE_P(
    Keys, RefusedSettings,
    testing::Values(
        Refused{"Unknown", R"({"endpont": "x"})",
                R"(config key "endpont" is not known; the nearest one is "endpoint")"},
        Refused{"UnknownNested", R"({"network": {"drivr": "none"}})",
                R"(config key "network.drivr" is not known; the nearest one is "network.driver")"},
        Refused{"WrongType", R"({"endpoint": 7})",
                R"(config key "endpoint": expected a string, got 7)"},
        Refused{"NoObject", R"({"limits": []})",
                R"(config key "limits": expected an object, got [])"},
        Refused{"Boolean", R"({"insecure": "yes"})",
                R"(config key "insecure": expected true or false, got "yes")"},
        Refused{"Zero", R"({"timeouts": {"read_ms": 0}})",
                R"(config key "timeouts.read_ms": expected an integer from 1 to 86400000, got 0)"},
        Refused{
            "Fraction", R"({"timeouts": {"read_ms": 1.5}})",
            R"(config key "timeouts.read_ms": expected an integer from 1 to 86400000, got 1.5)"},
        Refused{"Driver", R"({"network": {"driver": "bridge"}})",
                R"(config key "network.driver": expected "ovs" or "none", got "bridge")"},
        Refused{
            "Database", R"({"network": {"ovsdb": "db.sock"}})",
            R"(config key "network.ovsdb": expected the absolute path of a unix socket, at most )"
            R"(107 bytes, got "db.sock")"},
        Refused{"Addressing", R"({"network": {"addressing": "dhcp"}})",
                R"(config key "network.addressing": expected "none" or "static", got "dhcp")"},
        Refused{"Device", R"({"devices": ["zfs"]})",
                R"(config key "devices": expected absolute paths without a colon, got "zfs")"},
        Refused{"Instance", R"({"instance": "a b"})",
                R"(config key "instance": expected 1 to 64 letters, digits, '_', '.' and '-', )"
                R"(got "a b")"},
        Refused{"NoFile", R"({"image_ca": "/nowhere/ca.pem"})",
                R"(config key "image_ca": cannot read /nowhere/ca.pem; )"
                "expected a file of PEM certificates"},
        Refused{"NoPem", R"({"image_ca": "/proc/version"})",
                R"(config key "image_ca": /proc/version holds no PEM CERTIFICATE; )"
                "expected a file of PEM certificates"},
        Refused{"UnknownOfSeveralLines", R"({"a\nb": 1})",
                R"(config key "a\nb" is not known; the nearest one is "limits")"},
        Refused{"SeveralLines", "{\"insecure\": [1,\n2]}",
                "config key \"insecure\": expected true or false, got [1, 2]"},
        Refused{"NoConfig", "[]", "config: expected an object, got an array"}),
    [](const auto &param_info) { return param_info.param.name; });

TEST(Settings, MalformedJsonIsAnErrorWithItsPlace) {
  EXPECT_NE(refusal_of("{\"endpoint\":").find("not well-formed JSON at byte"), std::string::npos);
}

TEST(Settings, ALongValueIsShortenedInTheMessage) {
  const std::string said = refusal_of("{\"insecure\": \"" + std::string(10'000, 'x') + "\"}");
  EXPECT_LT(said.size(), 200U);
}

} // namespace
} // namespace mdocker
