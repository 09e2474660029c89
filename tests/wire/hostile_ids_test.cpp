// SPDX-License-Identifier: Apache-2.0
//
// An id is checked before anything is sent: it cannot reach another endpoint, nor add a parameter.
#include "fixture.hpp"

#include <double/engine_double.hpp>

namespace wire {
namespace {

const std::vector<std::string> &hostile_ids() {
  static const std::vector<std::string> kIds{"mw-h?force=1&x=",
                                             "mw-h/kill?signal=KILL&x=",
                                             "../images/mdocker-test/loop",
                                             "..",
                                             ".",
                                             "mw-h%2Fkill",
                                             "mw-h#",
                                             "mw h",
                                             "/mw-h",
                                             "mw-h\r\nX: y",
                                             std::string("mw-h\0x", 6),
                                             "é",
                                             "-mw-h",
                                             std::string(5000, 'a'),
                                             "../../v1.41/containers/mw-h"};
  return kIds;
}

const std::vector<const char *> &guest_methods() {
  static const std::vector<const char *> kMethods{
      "MDocker.CreateContainer",  "MDocker.StartContainer",  "MDocker.StopContainer",
      "MDocker.RestartContainer", "MDocker.RebootContainer", "MDocker.PauseContainer",
      "MDocker.UnpauseContainer", "MDocker.DeleteContainer"};
  return kMethods;
}

/// The methods that name a container by its id, and the params for one.
std::vector<std::pair<std::string, std::string>> calls_with(const std::string &id) {
  std::vector<std::pair<std::string, std::string>> calls{
      {"MDocker.GetContainer", R"({"id":)" + json_string(id) + "}"},
      {"MDocker.SaveContainer", R"({"id":)" + json_string(id) + "}"},
      {"MDocker.SaveContainer", R"({"opts":{"Container":)" + json_string(id) + "}}"}};
  for (const char *method : guest_methods())
    calls.emplace_back(method, guest(id, R"("image":)" + json_string(kLoopImage) + R"(,"nics":[)" +
                                             std::string(kNic) + "]"));
  return calls;
}

class HostileIds : public OnEngine {};

TEST_F(HostileIds, NeverReachARunningContainer) {
  create_and_start("mw-h");

  for (const std::string &id : hostile_ids())
    for (const auto &[method, params] : calls_with(id)) {
      const RpcAnswer answer = host().call(method, params);
      EXPECT_EQ(answer.status, 200) << method << " " << id;
      EXPECT_NE(answer.error, "") << method << " " << id;
      EXPECT_EQ(answer.result, "null");
    }

  EXPECT_EQ(state("mw-h"), "running");
}

TEST_F(HostileIds, SendNothingToTheEngine) {
  const mdocker::test::EngineDouble counting(
      [](const mdocker::test::Request &) { return mdocker::test::answer(200, "{}"); });
  const HostProcess other(counting.endpoint());
  const std::vector<std::string> before = counting.lines();

  for (const std::string &id : hostile_ids())
    for (const auto &[method, params] : calls_with(id))
      EXPECT_NE(other.call(method, params).error, "") << method << " " << id;

  EXPECT_EQ(counting.lines(), before);
}

TEST_F(HostileIds, AMissingOneIsNamed) {
  for (const char *params : {"{}", R"({"id":""})", R"({"id":null})"})
    for (const char *method : {"MDocker.GetContainer", "MDocker.SaveContainer"})
      EXPECT_EQ(host().call(method, params).error, "missing id") << method << " " << params;
  for (const char *params :
       {"{}", R"({"guest":null})", R"({"guest":{}})", R"({"guest":{"id":""}})"})
    for (const char *method : guest_methods())
      EXPECT_EQ(host().call(method, params).error, "missing guest with id") << method << params;
}

} // namespace
} // namespace wire
