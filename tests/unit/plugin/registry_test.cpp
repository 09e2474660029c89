// SPDX-License-Identifier: Apache-2.0
#include "methods/method.hpp"

#include "json.hpp"
#include "support.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>

namespace mdocker::methods {
namespace {

using namespace std::chrono_literals;
namespace json = mistify::json;

const Method &method(std::string_view name) {
  const auto methods = all();
  const auto found =
      std::find_if(methods.begin(), methods.end(), [&](const Method &m) { return m.name == name; });
  if (found == methods.end())
    throw std::invalid_argument("no method " + std::string(name));
  return *found;
}

TEST(Registry, HoldsTheMethodsAndNothingUndone) {
  std::vector<std::string> names;
  for (const Method &m : all())
    names.emplace_back(m.name);

  EXPECT_THAT(names,
              testing::UnorderedElementsAre(
                  "MDocker.ListContainers", "MDocker.GetContainer", "MDocker.CreateContainer",
                  "MDocker.StartContainer", "MDocker.StopContainer", "MDocker.RestartContainer",
                  "MDocker.RebootContainer", "MDocker.PauseContainer", "MDocker.UnpauseContainer",
                  "MDocker.DeleteContainer", "MDocker.SaveContainer", "MDocker.ListImages",
                  "MDocker.GetImage", "MDocker.GetImages", "MDocker.DeleteImage",
                  "MDocker.LoadImage", "MDocker.GetInfo", "MDocker.Reconcile"));
}

TEST(Registry, DescribesEachMethodInOneLineAndWithSchemas) {
  for (const Method &m : all()) {
    EXPECT_FALSE(m.summary.empty()) << m.name;
    EXPECT_EQ(m.summary.find('\n'), std::string_view::npos) << m.name;
    for (const std::string_view schema : {m.params_schema_json, m.result_schema_json}) {
      const json::Members members = json::members(schema);
      ASSERT_NE(json::find(members, "$schema"), nullptr) << m.name;
      EXPECT_EQ(json::text(*json::find(members, "$schema")),
                "https://json-schema.org/draft/2020-12/schema");
      EXPECT_EQ(json::text(*json::find(members, "type")), "object") << m.name;
    }
  }
}

TEST(Registry, MarksAsReadingWhatChangesNothing) {
  for (const Method &m : all()) {
    const std::string_view verb = m.name.substr(m.name.find('.') + 1);
    const bool reads = verb.starts_with("List") || verb.starts_with("Get");
    EXPECT_EQ(m.read_only, reads) << m.name;
  }
}

TEST(Registry, GivesEachMethodTheTimeOfItsKind) {
  Settings settings;
  settings.timeouts.read = 1s;
  settings.timeouts.change = 2s;
  settings.timeouts.save = 4s;
  settings.timeouts.stop_grace = 8s;
  settings.timeouts.stop_margin = 16s;
  const std::map<std::string_view, std::chrono::seconds> expected = {
      {"MDocker.ListContainers", 1s},   {"MDocker.GetContainer", 1s},
      {"MDocker.ListImages", 1s},       {"MDocker.GetImage", 1s},
      {"MDocker.GetImages", 1s},        {"MDocker.DeleteImage", 2s},
      {"MDocker.LoadImage", 0s},        {"MDocker.GetInfo", 1s},
      {"MDocker.CreateContainer", 2s},  {"MDocker.StartContainer", 2s},
      {"MDocker.PauseContainer", 2s},   {"MDocker.UnpauseContainer", 2s},
      {"MDocker.DeleteContainer", 2s},  {"MDocker.SaveContainer", 4s},
      {"MDocker.StopContainer", 24s},   {"MDocker.RestartContainer", 26s},
      {"MDocker.RebootContainer", 26s}, {"MDocker.Reconcile", 2s}};

  for (const Method &m : all())
    EXPECT_EQ(m.time(settings), expected.at(m.name)) << m.name;
}

TEST(PreparedCall, NamesItsSubjectAndTheTimeThatItsParamsAskFor) {
  const Settings settings;
  const auto get = method("MDocker.GetContainer").prepare(R"({"id":"g1"})");
  const auto stop =
      method("MDocker.StopContainer").prepare(R"({"guest":{"id":"g2"},"args":{"timeout":"300"}})");
  const auto list = method("MDocker.ListContainers").prepare("{}");

  EXPECT_EQ(get->subject(), "g1");
  EXPECT_EQ(get->wanted_time(settings), 0s);
  EXPECT_EQ(stop->subject(), "g2");
  EXPECT_EQ(stop->wanted_time(settings), 300s + settings.timeouts.stop_margin);
  EXPECT_EQ(list->subject(), "");
  EXPECT_EQ(method("MDocker.GetContainer").subject, "guest");
  EXPECT_EQ(method("MDocker.DeleteImage").subject, "image");
}

TEST(PreparedCall, RefusesBeforeAnythingIsSent) {
  EXPECT_EQ(test::error_of([] { method("MDocker.DeleteContainer").prepare("{}"); }).kind(),
            Kind::invalid);
  EXPECT_EQ(test::error_of([] {
              method("MDocker.DeleteContainer").prepare(R"({"guest":{"id":"g1?force=1&x="}})");
            }).kind(),
            Kind::invalid);
  EXPECT_EQ(
      test::invalid_params([] { method("MDocker.DeleteContainer").prepare(R"({"guest":1})"); }),
      "guest: expected an object, got the number 1");
}

} // namespace
} // namespace mdocker::methods
