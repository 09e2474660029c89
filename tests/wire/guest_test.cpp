// SPDX-License-Identifier: Apache-2.0
//
// What becomes of a guest's fields, seen at the engine.
#include "fixture.hpp"

#include <filesystem>
#include <fstream>

namespace wire {
namespace {

class GuestFields : public OnEngine {
protected:
  /// CreateContainer with more members after id, image and nics.
  static RpcAnswer create_with(std::string_view more) {
    return host().call("MDocker.CreateContainer",
                       guest("mw-f", R"("image":)" + json_string(kLoopImage) + R"(,"nics":[)" +
                                         std::string(kNic) + "]," + std::string(more)));
  }
};

TEST_F(GuestFields, AnswerHasTheKeysInTheStructsOrderAndKeepsUnknownOnes) {
  const std::string image = json_string(kLoopImage);

  const std::string result = must(
      "MDocker.CreateContainer",
      R"({"guest":{"zone":{"rack": 7},"metadata":{"b":"2","a":"1"},"vnc":5900,"cpu":1,"memory":64,"disks":[{"source":"s","bus":"b"}],"nics":[{"vlans":[2],"network":"n","queue":3}],"image":)" +
          image + R"(,"type":"container","id":"mw-f"}})");

  EXPECT_EQ(
      result,
      R"({"guest":{"id":"mw-f","type":"container","image":)" + image +
          R"(,"nics":[{"network":"n","model":"","address":"","netmask":"","gateway":"","vlans":[2],"queue":3}],)"
          R"("disks":[{"bus":"b","device":"","size":0,"volume":"","image":"","source":"s"}],)"
          R"("state":"stopped","memory":64,"cpu":1,"vnc":5900,"metadata":{"a":"1","b":"2"},"zone":{"rack":7}}})");
}

TEST_F(GuestFields, NameImageMemoryAndInputReachTheEngine) {
  create_with(R"("memory":64)");

  const std::string seen = engine().inspect("mw-f");

  EXPECT_EQ(text_at(seen, {"Name"}), "/mw-f");
  EXPECT_EQ(text_at(seen, {"Config", "Hostname"}), "mw-f");
  EXPECT_EQ(text_at(seen, {"Config", "Image"}), kLoopImage);
  EXPECT_EQ(at(seen, {"Config", "OpenStdin"}), "true");
  EXPECT_EQ(at(seen, {"HostConfig", "Memory"}), std::to_string(64 << 20));
  EXPECT_EQ(text_at(seen, {"HostConfig", "NetworkMode"}), "none");
}

TEST_F(GuestFields, MetadataBecomeLabels) {
  create_with(R"("metadata":{"role":"db \"x\"","zone":"é"})");

  const std::string labels = at(engine().inspect("mw-f"), {"Config", "Labels"});

  std::size_t found = 0;
  for (const std::string &key : keys(labels)) {
    if (key.ends_with("role"))
      found += text_at(labels, {key}) == "db \"x\"" ? 1U : 0U;
    if (key.ends_with("zone"))
      found += text_at(labels, {key}) == "é" ? 1U : 0U;
  }
  EXPECT_EQ(found, 2U) << labels;
}

TEST_F(GuestFields, CpuIsALimitBelowWhatTheEngineHas) {
  const bool has_more = at(engine().get("/info"), {"NCPU"}) != "1";

  create_with(R"("cpu":1)");

  EXPECT_EQ(at(engine().inspect("mw-f"), {"HostConfig", "NanoCpus"}),
            has_more ? "1000000000" : "0");
}

TEST_F(GuestFields, AsManyCpusAsTheEngineHasOrMoreIsNoLimit) {
  const std::string all = at(engine().get("/info"), {"NCPU"});

  for (const std::string &cpu : {all, all + "00"}) {
    const RpcAnswer answer = create_with(R"("cpu":)" + cpu);

    EXPECT_EQ(answer.error, "");
    EXPECT_EQ(at(engine().inspect("mw-f"), {"HostConfig", "NanoCpus"}), "0") << cpu;
    engine().remove("mw-f");
  }
}

TEST_F(GuestFields, MemoryThatDoesNotFitIsRefusedByName) {
  // In MiB: 2^44 bytes-wise wraps to 0, 2^43 to the sign bit; the third does not fit 64 bits at
  // all.
  for (const char *memory : {"17592186044416", "8796093022208", "18446744073709551616"}) {
    const RpcAnswer answer = create_with(R"("memory":)" + std::string(memory));

    EXPECT_NE(answer.error.find("memory"), std::string::npos) << memory << ": " << answer.body;
    EXPECT_EQ(state("mw-f"), "absent");
  }
}

TEST_F(GuestFields, TheLargestMemoryThatFitsReachesTheEngineWhole) {
  const RpcAnswer answer = create_with(R"("memory":8796093022207)");

  EXPECT_EQ(answer.error, "");
  EXPECT_EQ(at(engine().inspect("mw-f"), {"HostConfig", "Memory"}), "9223372036853727232");
}

TEST_F(GuestFields, FieldsOfTheWrongTypeAreRefusedByName) {
  for (const auto &[field, value] :
       std::vector<std::pair<std::string, std::string>>{{"memory", "-1"},
                                                        {"memory", "\"64\""},
                                                        {"memory", "1.5"},
                                                        {"memory", "1e3"},
                                                        {"cpu", "-1"},
                                                        {"cpu", "\"1\""},
                                                        {"vnc", "true"},
                                                        {"type", "1"},
                                                        {"metadata", "[]"},
                                                        {"disks", "{}"}}) {
    const RpcAnswer answer = create_with(json_string(field) + ":" + value);

    EXPECT_EQ(answer.status, 400) << field << ":" << value;
    EXPECT_EQ(answer.content_type, "text/plain; charset=utf-8");
    EXPECT_NE(answer.body.find("guest." + field), std::string::npos) << answer.body;
  }
  EXPECT_EQ(state("mw-f"), "absent");
}

TEST_F(GuestFields, NestedFieldsOfTheWrongTypeAreNamedWithTheirPlace) {
  const RpcAnswer answer =
      host().call("MDocker.CreateContainer", guest("mw-f", R"("nics":[{},{"vlans":[1,"2"]}])"));

  EXPECT_EQ(answer.status, 400);
  EXPECT_NE(answer.body.find("nics[1].vlans[1]"), std::string::npos) << answer.body;
}

TEST_F(GuestFields, ZfsIsMappedOnlyWhereItExists) {
  create_and_start("mw-f");

  const bool there = std::filesystem::exists("/dev/zfs");
  const std::string devices = at(engine().inspect("mw-f"), {"HostConfig", "Devices"});
  EXPECT_EQ(devices.find("/dev/zfs") != std::string::npos, there) << devices;
  EXPECT_EQ(state("mw-f"), "running");
}

TEST_F(GuestFields, ConfiguredDevicesAreMappedWhereTheyExist) {
  const TempDir dir;
  std::ofstream(dir.path() / "config.json")
      << R"({"plugins":{"mdocker":{"devices":["/dev/null","/dev/mw-nosuch"]}}})";
  const HostProcess configured(engine().endpoint(),
                               {"--config", (dir.path() / "config.json").string()});

  const RpcAnswer answer =
      configured.call("MDocker.CreateContainer",
                      guest("mw-f", R"("image":)" + json_string(kLoopImage) + R"(,"nics":[{}])"));

  EXPECT_EQ(answer.error, "");
  const std::string devices = at(engine().inspect("mw-f"), {"HostConfig", "Devices"});
  EXPECT_EQ(elements(devices).size(), 1U) << devices;
  EXPECT_EQ(text_at(devices, {"0", "PathOnHost"}), "/dev/null");
  EXPECT_EQ(text_at(devices, {"0", "PathInContainer"}), "/dev/null");
  EXPECT_EQ(text_at(devices, {"0", "CgroupPermissions"}), "rwm");
}

} // namespace
} // namespace wire
