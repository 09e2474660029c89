// SPDX-License-Identifier: Apache-2.0
//
// The model engine's containers answer as those of Docker 20.10 do.
#include "raw_client.hpp"

#include <double/model_engine.hpp>

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

namespace mdocker::test {
namespace {

using namespace std::chrono_literals;
using State = ModelEngine::State;
using testing::HasSubstr;

class Model : public testing::Test {
protected:
  // An answer's bytes, up to where the engine waits for the next request.
  std::string ask(const std::string &line, const std::string &body = {}) {
    const RawClient client(model_.engine());
    return ask_on(client, line, body);
  }
  static std::string ask_on(const RawClient &client, const std::string &line,
                            const std::string &body = {}) {
    client.send(line + " HTTP/1.1\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                body);
    return const_cast<RawClient &>(client).receive(1);
  }
  unsigned status(const std::string &line, const std::string &body = {}) {
    return static_cast<unsigned>(std::stoul(ask(line, body).substr(9, 3)));
  }

  ModelEngine model_;
};

TEST_F(Model, TakesAContainerThroughItsLife) {
  const std::vector<std::pair<std::string, unsigned>> life{
      {"POST /containers/create?name=g1", 201}, {"POST /containers/create?name=g1", 409},
      {"POST /containers/g1/stop?t=1", 304},    {"POST /containers/g1/pause", 409},
      {"POST /containers/g1/start", 204},       {"POST /containers/g1/start", 304},
      {"POST /containers/g1/pause", 204},       {"POST /containers/g1/pause", 409},
      {"POST /containers/g1/start", 409},       {"DELETE /containers/g1", 409},
      {"POST /containers/g1/unpause", 204},     {"POST /containers/g1/unpause", 500},
      {"DELETE /containers/g1", 409},           {"POST /containers/g1/stop?t=1", 204},
      {"GET /containers/g1/json", 200},         {"DELETE /containers/g1", 204},
      {"DELETE /containers/g1", 404},           {"POST /containers/g1/start", 404},
      {"GET /containers/g1/json", 404},         {"POST /unknown", 404}};

  for (const auto &[line, expected] : life)
    EXPECT_EQ(status(line, line.find("create") == std::string::npos ? "" : "{}"), expected) << line;
}

TEST_F(Model, InspectTellsTheStateAndWhatItWasCreatedWith) {
  ask("POST /containers/create?name=g1", R"({"Image":"i","Labels":{"a":"b"}})");
  ask("POST /containers/g1/start");

  const std::string told = ask("GET /containers/g1/json");

  EXPECT_THAT(told, HasSubstr(R"("Name":"/g1","State":{"Status":"running","Running":true)"));
  EXPECT_THAT(told, HasSubstr(R"("Config":{"Image":"i","Labels":{"a":"b"}})"));
}

TEST_F(Model, IsKnownByNameAndId) {
  const std::string id = model_.add("g1", State::running);

  EXPECT_EQ(status("GET /containers/" + id + "/json"), 200U);
  EXPECT_EQ(status("GET /containers/" + id.substr(0, 12) + "/json"), 200U);
  EXPECT_THAT(ask("GET /containers/json"), HasSubstr(R"([{"Id":")" + id));
}

TEST_F(Model, AStopThatIsHeldEndsWithItsGateAlsoWhereItsClientLeft) {
  model_.add("g1", State::running);
  const Gate gate = model_.hold_stops();
  {
    const RawClient leaving(model_.engine());
    leaving.send("POST /containers/g1/stop HTTP/1.1\r\n\r\n");
    ASSERT_TRUE(model_.wait_for_stops(1));
  }
  RawClient staying(model_.engine());
  staying.send("POST /containers/g1/wait HTTP/1.1\r\n\r\n");
  EXPECT_THAT(staying.receive(1), HasSubstr("chunked")); // the head comes at once
  EXPECT_EQ(model_.state("g1"), State::running);

  gate.open();

  EXPECT_THAT(staying.receive(1), HasSubstr(R"({"StatusCode":0})"));
  EXPECT_EQ(model_.state("g1"), State::exited);
}

TEST_F(Model, AStopMayTakeItsGraceOrATime) {
  model_.add("g1", State::running);
  model_.add("g2", State::running);

  auto begin = std::chrono::steady_clock::now();
  model_.set_stop_time(50ms);
  EXPECT_EQ(status("POST /containers/g1/stop?t=30"), 204U);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 50ms);

  begin = std::chrono::steady_clock::now();
  model_.set_stop_takes_its_grace();
  EXPECT_EQ(status("POST /containers/g2/stop?t=1"), 204U);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 1s);
  EXPECT_EQ(model_.count(State::exited), 2U);
}

} // namespace
} // namespace mdocker::test
