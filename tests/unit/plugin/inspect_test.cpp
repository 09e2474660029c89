// SPDX-License-Identifier: Apache-2.0
#include "methods/inspect.hpp"

#include "methods/containers.hpp"
#include "support.hpp"

#include <gmock/gmock.h>

#include <ostream>

namespace mdocker::methods {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

struct Seen {
  const char *state;
  State expected;
};
void PrintTo(const Seen &seen, std::ostream *out) {
  *out << seen.state;
}

class ContainerState : public testing::TestWithParam<Seen> {};
TEST_P(ContainerState, IsPausedThenRunningElseStopped) {
  const std::string body = R"({"Id":"abc","State":)" + std::string(GetParam().state) + "}";

  EXPECT_EQ(parse_container(body).state, GetParam().expected);
}
INSTANTIATE_TEST_SUITE_P(
    Table, ContainerState,
    testing::Values(Seen{R"({"Running":true,"Paused":true})", State::paused},
                    Seen{R"({"Running":true,"Paused":false})", State::running},
                    Seen{R"({"Running":true})", State::running},
                    Seen{R"({"Running":false,"Paused":false})", State::stopped},
                    Seen{R"({"Running":"true","Status":"running"})", State::stopped},
                    Seen{"{}", State::stopped}, Seen{"null", State::stopped}));

TEST(StateNames, AreTheWires) {
  EXPECT_EQ(state_name(State::stopped), "stopped");
  EXPECT_EQ(state_name(State::running), "running");
  EXPECT_EQ(state_name(State::paused), "paused");
}

TEST(InspectAnswer, TellsWhatANetworkDriverNeeds) {
  const Container container = parse_container(
      R"({"Id":"a8d7","Name":"/g1","State":{"Running":true,"Pid":3595},
          "Config":{"Labels":{"io.mistify.mdocker.guest":"guest-1","n":null}}})");

  EXPECT_THAT(container.labels, ElementsAre(Pair("io.mistify.mdocker.guest", "guest-1")));
  const network::Port port = container.port();
  EXPECT_EQ(port.guest, "guest-1");
  EXPECT_EQ(port.container, "a8d7");
  EXPECT_EQ(port.pid, 3595);
}

TEST(InspectAnswer, TellsWhetherThereMayBePorts) {
  const auto may = [](const std::string &nics, const std::string &started) {
    return parse_container(
               R"({"Id":"a8d7","State":{"StartedAt":")" + started +
               R"("},"Config":{"Labels":{"io.mistify.mdocker.guest":"g","io.mistify.mdocker.nics":")" +
               nics + R"("}}})")
        .port()
        .may_have_ports;
  };
  EXPECT_TRUE(may("[{}]", "2026-01-01T00:00:00Z"));
  EXPECT_FALSE(may("[{}]", "0001-01-01T00:00:00Z"));
  EXPECT_FALSE(may("[]", "2026-01-01T00:00:00Z"));
}

TEST(InspectAnswer, OfAForeignContainerNamesItByItsName) {
  const Container container =
      parse_container(R"({"Id":"a8d7","Name":"/web","Config":{"Labels":null}})");

  EXPECT_EQ(container.port().guest, "web");
  EXPECT_EQ(container.port().pid, 0);
}

struct BadInspect {
  std::string body;
  const char *message;
};
void PrintTo(const BadInspect &bad, std::ostream *out) {
  *out << bad.body.substr(0, 40);
}

class BadInspectAnswer : public testing::TestWithParam<BadInspect> {};
TEST_P(BadInspectAnswer, IsTheEnginesFault) {
  const Error error = test::error_of([] { parse_container(GetParam().body); });

  EXPECT_EQ(error.kind(), Kind::engine);
  EXPECT_EQ(error.phase(), "inspect");
  EXPECT_THAT(error.what(), HasSubstr(GetParam().message));
}
INSTANTIATE_TEST_SUITE_P(
    Table, BadInspectAnswer,
    testing::Values(
        BadInspect{"", "no well-formed JSON at byte 0"},
        BadInspect{"<html>", "no well-formed JSON at byte 0"},
        BadInspect{R"({"Id":"abc")", "no well-formed JSON at byte 11"},
        BadInspect{"[]", "expected an object, got an array"},
        BadInspect{"{}", "expected a container's id in Id"},
        BadInspect{R"({"Id":"../x"})", R"(expected a container's id in Id, got "../x")"},
        BadInspect{R"({"Id":"abc","State":[]})", "State is no object"},
        BadInspect{R"({"Id":"abc","Config":{"Labels":"x"}})", "Labels is no object"},
        BadInspect{R"({"Id":"abc","x":)" + std::string(60, '[') + std::string(60, ']') + "}",
                   "nested more than 56 deep"}));

TEST(EnginesObject, IsSplicedAsItCame) {
  EXPECT_EQ(answer_object(" {\"a\" : 1.50}\n", "info"), R"({"a" : 1.50})");
}

TEST(EnginesList, IsReadForItsIds) {
  EXPECT_THAT(parse_list(R"([{"Id":"b2","Names":["/x"]},{"Id":"a1","SizeRw":null}])"),
              ElementsAre("b2", "a1"));
  EXPECT_TRUE(parse_list("[]").empty());
}

TEST(EnginesList, ThatIsNoneIsTheEnginesFault) {
  for (const char *body : {"", "{}", "[1]", "[{}]", R"([{"Id":"a/b"}])", "[{\"Id\":\"a\"}"})
    EXPECT_EQ(test::error_of([&] { parse_list(body); }).kind(), Kind::engine) << body;
}

TEST(ContainersResponse, LeavesOutWhatVanished) {
  EXPECT_EQ(containers_response({R"({"Id":"a"})", "", R"({"Id":"b"})"}),
            R"({"containers":[{"Id":"a"},{"Id":"b"}]})");
  EXPECT_EQ(containers_response({"", ""}), R"({"containers":[]})");
  EXPECT_EQ(containers_response({}), R"({"containers":[]})");
}

TEST(MissingContainer, IsNamed) {
  const Error error = no_such_container("g1");

  EXPECT_EQ(error.kind(), Kind::not_found);
  EXPECT_EQ(error.engine_status(), 404U);
  EXPECT_STREQ(error.what(), "No such container: g1");
}

} // namespace
} // namespace mdocker::methods
