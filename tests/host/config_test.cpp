// SPDX-License-Identifier: Apache-2.0
#include "config.hpp"
#include "config_edit.hpp"
#include "fixture.hpp"

#include <gtest/gtest.h>

namespace mistify::mock_host {
namespace {

using host_test::config_file;
using host_test::Outcome;
using host_test::run_host;
using host_test::TempDir;

Settings merged(const std::string &file, const std::vector<std::string_view> &environment = {},
                const Flags &flags = {}) {
  return merge(ConfigFile{"c.json", file}, environment, flags);
}

std::string refusal(const std::string &file,
                    const std::vector<std::string_view> &environment = {}) {
  try {
    merged(file, environment);
  } catch (const UsageError &error) {
    return error.what();
  }
  return "accepted";
}

TEST(Config, HasTheOriginalsDefaults) {
  const Settings settings = merge(std::nullopt, {}, {});
  EXPECT_EQ(settings.address, "127.0.0.1");
  EXPECT_EQ(settings.port, 30001);
  EXPECT_EQ(settings.log_level, "warning");
  EXPECT_EQ(settings.drain, std::chrono::seconds(15));
  EXPECT_EQ(settings.reload_drain, std::chrono::seconds(15));
  EXPECT_EQ(settings.limits.calls, 2048U);
  EXPECT_TRUE(settings.sections.empty());
}

TEST(Config, TakesOneFolderOfPluginsToo) {
  const Settings settings = merged(R"({"plugin_dir": "/p:q"})");
  EXPECT_EQ(settings.plugin_path, (std::vector<std::filesystem::path>{"/p:q"}));
}

TEST(Config, ReadsEveryKeyOfTheFile) {
  const Settings settings = merged(R"({
    "listen": "[::1]:4000", "log_level": "debug", "plugin_path": "/p:/q",
    "token_file": "/t", "server_names": ["a.example", "b"],
    "plugin_answer_margin_ms": 1, "drain_ms": 2, "reload_drain_ms": 8,
    "limits": {"body": 3, "header": 256, "connections": 5, "calls": 6, "idle_ms": 7},
    "plugins": {"mdocker": {"endpoint": "unix:///x", "anything": [1.0]}, "other": {}}})");
  EXPECT_EQ(settings.address, "::1");
  EXPECT_EQ(settings.port, 4000);
  EXPECT_EQ(settings.log_level, "debug");
  EXPECT_EQ(settings.plugin_path, (std::vector<std::filesystem::path>{"/p", "/q"}));
  EXPECT_EQ(settings.token_file, "/t");
  EXPECT_EQ(settings.server_names, (std::vector<std::string>{"a.example", "b"}));
  EXPECT_EQ(settings.answer_margin.count(), 1);
  EXPECT_EQ(settings.drain.count(), 2);
  EXPECT_EQ(settings.reload_drain.count(), 8);
  EXPECT_EQ(settings.limits.body, 3U);
  EXPECT_EQ(settings.limits.header, 256U);
  EXPECT_EQ(settings.limits.connections, 5U);
  EXPECT_EQ(settings.limits.calls, 6U);
  EXPECT_EQ(settings.limits.idle.count(), 7);
  EXPECT_EQ(settings.sections.at("mdocker"), R"({"endpoint": "unix:///x", "anything": [1.0]})");
  EXPECT_EQ(settings.sections.at("other"), "{}");
}

TEST(Config, PutsTheEnvironmentOverTheFileAndTheFlagsOverBoth) {
  const std::string file = R"({"listen":"127.0.0.1:1","log_level":"info","drain_ms":1,
    "plugins":{"mdocker":{"endpoint":"unix:///file","image_service":"file","cert_path":"file"}}})";
  Flags flags;
  flags.port = 3;
  flags.endpoint = "unix:///flag";
  const Settings settings = merged(file,
                                   {"MISTIFY_LISTEN=127.0.0.2:2", "MISTIFY_LOG_LEVEL=error",
                                    "MISTIFY_ENDPOINT=unix:///env", "MISTIFY_IMAGE_SERVICE=env"},
                                   flags);
  EXPECT_EQ(settings.address, "127.0.0.2");
  EXPECT_EQ(settings.port, 3);
  EXPECT_EQ(settings.log_level, "error");
  EXPECT_EQ(settings.drain.count(), 1);
  EXPECT_EQ(settings.sections.at("mdocker"),
            R"({"cert_path":"file","image_service":"env","endpoint":"unix:///flag"})");
}

TEST(Config, TakesThePluginsKeysFromTheEnvironment) {
  const Settings settings =
      merged(R"({"plugins":{"mdocker":{"network":{"driver":"ovs","ovsdb":"x"}}}})",
             {"MISTIFY_INSECURE=1", R"(MISTIFY_DEVICES=["/dev/kvm"])",
              "MISTIFY_NETWORK_DRIVER=none", "MISTIFY_NETWORK_ADDRESSING=none",
              "MISTIFY_TIMEOUTS_READ_MS=5", "MISTIFY_TIMEOUTS_STOP_GRACE_MS=7",
              "MISTIFY_LIMITS_ENGINE_READS=9", "MISTIFY_LIMITS_LIST_INSPECTS=2"});
  EXPECT_EQ(settings.sections.at("mdocker"),
            R"({"insecure":true,"devices":["/dev/kvm"],)"
            R"("network":{"ovsdb":"x","driver":"none","addressing":"none"},)"
            R"("timeouts":{"read_ms":5,"stop_grace_ms":7},)"
            R"("limits":{"engine_reads":9,"list_inspects":2}})");
}

TEST(Config, TakesTheFirstOfAVariableThatIsThereTwice) {
  EXPECT_EQ(merged("{}", {"MISTIFY_DRAIN_MS=1", "MISTIFY_DRAIN_MS=2"}).drain.count(), 1);
  EXPECT_EQ(merged("{}", {"MISTIFY_RELOAD_DRAIN_MS=3"}).reload_drain.count(), 3);
}

TEST(Config, TakesDockersCertPathForTcpWhereThereIsNoOther) {
  const auto cert_path = [](const std::string &section, const Flags &flags = {}) {
    const Settings settings =
        merged(R"({"plugins":{"mdocker":)" + section + "}}", {"DOCKER_CERT_PATH=/docker"}, flags);
    return settings.sections.at("mdocker");
  };
  Flags flags;
  flags.cert_path = "/flag";
  EXPECT_EQ(cert_path(R"({"endpoint":"tcp://x:1"})"),
            R"({"endpoint":"tcp://x:1","cert_path":"/docker"})");
  EXPECT_EQ(cert_path(R"({"endpoint":"tcp://x:1"})", flags),
            R"({"endpoint":"tcp://x:1","cert_path":"/flag"})");
  EXPECT_EQ(cert_path(R"({"endpoint":"unix:///x"})"), R"({"endpoint":"unix:///x"})");
  EXPECT_EQ(cert_path("{}"), "{}");
}

struct Refused {
  const char *file;
  std::vector<std::string_view> environment;
  std::string text;
};

TEST(Config, RefusesWhatItDoesNotKnowOrCannotBe) {
  const Refused rows[] = {
      {R"({"listn":1})", {}, R"(c.json: unknown key "listn"; the nearest known one is "listen")"},
      {R"({"limits":{"boddy":1}})",
       {},
       R"(c.json: unknown key "limits.boddy"; the nearest known one is "limits.body")"},
      {R"({"limits":{"body":"1"}})",
       {},
       R"(c.json: limits.body: expected a whole number from 1 to 1073741824, got a string ("1"))"},
      {R"({"limits":{"body":0}})",
       {},
       "c.json: limits.body: expected a whole number from 1 to 1073741824, got a number (0)"},
      {R"({"limits":{"body":1.0}})",
       {},
       "c.json: limits.body: expected a whole number from 1 to 1073741824, got a number (1.0)"},
      {R"({"limits":[]})", {}, "c.json: limits: expected an object, got an array"},
      {R"({"listen":"127.0.0.1\u0000x"})",
       {},
       R"(c.json: listen: expected ADDRESS or ADDRESS:PORT, the address as IPv4 numbers or as )"
       R"([IPv6], got a string ("127.0.0.1\u0000x"))"},
      {R"({"plugins":{"a\nb":1}})",
       {},
       "c.json: plugins.a b: expected an object, got a number (1)"},
      {R"({"listen":8080})", {}, "c.json: listen: expected a string, got a number (8080)"},
      {R"({"server_names":"x"})",
       {},
       R"(c.json: server_names: expected an array of strings, got a string ("x"))"},
      {R"({"server_names":[1]})",
       {},
       "c.json: server_names: expected an array of strings, got an array"},
      {R"({"server_names":["a:1"]})",
       {},
       "c.json: server_names: expected names of hosts, without ports, got an array"},
      {"{}",
       {"MISTIFY_SERVER_NAMES=a"},
       R"(MISTIFY_SERVER_NAMES: expected an array of strings, got a string ("a"))"},
      {R"({"drain_ms":1,"drain_ms":2})",
       {},
       R"(c.json: the key "drain_ms" is there twice, expected once)"},
      {R"({"plugins":{"mdocker":1}})",
       {},
       "c.json: plugins.mdocker: expected an object, got a number (1)"},
      {"[]", {}, "c.json: the configuration: expected an object, got an array"},
      {"{}",
       {"MISTIFY_DEVICES=/dev/zfs"},
       R"(MISTIFY_DEVICES: expected a JSON array, got "/dev/zfs")"},
      {"{}",
       {"MISTIFY_INSECURE=maybe"},
       R"(MISTIFY_INSECURE: expected true or false, got "maybe")"},
      {"{}",
       {"MISTIFY_PORT=1"},
       R"(environment: unknown variable "MISTIFY_PORT"; the nearest known one is "MISTIFY_LISTEN")"},
      {R"({"plugins":{"mdocker":{"network":1}}})",
       {"MISTIFY_NETWORK_DRIVER=none"},
       "MISTIFY_NETWORK_DRIVER: plugins.mdocker.network.driver cannot be set over what the file "
       "has there: expected an object, got a number"},
  };
  for (const Refused &row : rows)
    EXPECT_EQ(refusal(row.file, row.environment), row.text);
}

TEST(Config, SaysWhereTheFileIsMalformed) {
  EXPECT_EQ(refusal("{\n  \"listen\": x}").substr(0, 26), "c.json: line 2, column 13:");
}

TEST(WithMember, SetsWhatIsDeepAndKeepsTheRest) {
  EXPECT_EQ(with_member("{}", "a.b", "1"), R"({"a":{"b":1}})");
  EXPECT_EQ(with_member(R"({"x":1e2,"a":{"c":[2]}})", "a.b", "1"),
            R"({"x":1e2,"a":{"c":[2],"b":1}})");
  EXPECT_EQ(with_member(R"({"a":1,"a":2})", "a", "3"), R"({"a":3})");
}

TEST(ConfigOfAPlugin, IsHandedOverAsItIsWritten) {
  const TempDir folder;
  const Outcome outcome = run_host({"--plugin", PROBE_PLUGIN, "--config",
                                    config_file(folder, R"({"plugins":{"probe":{"x":1.50}}})"),
                                    "call", "Probe.Config"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.output, "{\n  \"x\": 1.50\n}\n");
}

TEST(ConfigOfAPlugin, ThatThePluginRefusesIsWrongUse) {
  const TempDir folder;
  const Outcome outcome =
      run_host({"--plugin", PROBE_PLUGIN, "--config",
                config_file(folder, R"({"plugins":{"probe":{"refuse":"no such key"}}})")});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(wire::lines(outcome.output).size(), 1U) << outcome.output;
  EXPECT_NE(outcome.output.find("no such key"), std::string::npos) << outcome.output;
}

TEST(ConfigOfAPlugin, ThatIsNotLoadedIsWrongUse) {
  const TempDir folder;
  const std::string file = config_file(folder, R"({"plugins":{"prob":{}}})");
  const Outcome outcome = run_host({"--plugin", PROBE_PLUGIN, "--config", file});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.output, "mistify-mock-host: " + file +
                                ": plugins.prob: no plugin of that name is loaded; the nearest "
                                "loaded one is \"probe\"\n");
}

} // namespace
} // namespace mistify::mock_host
