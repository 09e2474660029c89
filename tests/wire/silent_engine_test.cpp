// SPDX-License-Identifier: Apache-2.0
//
// An engine that takes a request and never answers: the call ends by its deadline, and says what is
// known.
#include "fixture.hpp"

#include <double/engine_double.hpp>

#include <fstream>

namespace wire {
namespace {

using mdocker::test::answer;
using mdocker::test::EngineDouble;
using mdocker::test::refusal;
using mdocker::test::Reply;
using mdocker::test::Request;

constexpr std::string_view kRunning =
    R"({"Id":"aa","Name":"/mw-x","State":{"Status":"running","Running":true,"Paused":false},)"
    R"("Config":{"Labels":{}},"HostConfig":{}})";

bool is(const Request &request, std::string_view method, std::string_view begin) {
  return request.method == method && request.target.compare(0, begin.size(), begin) == 0;
}

/// Answers what asks for a container, by name or in the list; silent where `silent` says so.
EngineDouble::Script engine_silent_at(const std::string &method, const std::string &target) {
  return [=](const Request &request) {
    if (is(request, method, target))
      return Reply().hang();
    if (is(request, "GET", "/containers/json"))
      return answer(200, R"([{"Id":"aa"},{"Id":"bb"}])");
    if (is(request, "GET", "/containers/"))
      return answer(200, std::string(kRunning));
    return answer(200, "{}");
  };
}

/// A host with short deadlines on that engine.
class ShortHost {
public:
  explicit ShortHost(const EngineDouble &engine) {
    std::ofstream(dir_.path() / "config.json")
        << R"({"plugins":{"mdocker":{"timeouts":{"read_ms":1000,"change_ms":1000}}}})";
    host_.emplace(engine.endpoint(),
                  std::vector<std::string>{"--config", (dir_.path() / "config.json").string()});
  }
  HostProcess &operator*() { return *host_; }
  HostProcess *operator->() { return &*host_; }

private:
  TempDir dir_;
  std::optional<HostProcess> host_;
};

/// The answer came in time, as an error that tells of the time.
void expect_timely_error(const RpcAnswer &answer, Clock::time_point asked) {
  EXPECT_LT(Clock::now() - asked, std::chrono::seconds(8));
  EXPECT_EQ(answer.status, 200);
  EXPECT_NE(answer.error, "");
  EXPECT_EQ(answer.error.find('\n'), std::string::npos);
}

TEST(SilentEngine, ReadsEndByTheirDeadlineAndNameTheEngine) {
  const EngineDouble engine(engine_silent_at("GET", "/"));
  ShortHost host(engine);

  for (const auto &[method, params] : std::vector<std::pair<const char *, const char *>>{
           {"MDocker.GetInfo", "{}"},
           {"MDocker.GetContainer", R"({"id":"mw-x"})"},
           {"MDocker.ListContainers", "{}"}}) {
    const auto asked = Clock::now();
    const RpcAnswer answer = host->call(method, params);

    SCOPED_TRACE(method);
    expect_timely_error(answer, asked);
    EXPECT_NE(answer.error.find(engine.endpoint()), std::string::npos) << answer.error;
  }
  EXPECT_EQ(host->end(), 0) << host->process().output();
}

TEST(SilentEngine, AListWithOneSilentInspectEndsByItsDeadline) {
  const EngineDouble engine(engine_silent_at("GET", "/containers/bb/json"));
  ShortHost host(engine);
  const auto asked = Clock::now();

  const RpcAnswer answer = host->call("MDocker.ListContainers");

  expect_timely_error(answer, asked);
}

TEST(SilentEngine, AChangeWithoutAnswerIsSentOnceAndItsOutcomeLookedUp) {
  const EngineDouble engine(engine_silent_at("POST", "/containers/mw-x/pause"));
  ShortHost host(engine);
  const auto asked = Clock::now();

  const RpcAnswer answer = host->call("MDocker.PauseContainer", guest("mw-x"));

  expect_timely_error(answer, asked);
  const std::vector<std::string> seen = engine.lines();
  const auto sent = std::find(seen.begin(), seen.end(), "POST /containers/mw-x/pause");
  ASSERT_NE(sent, seen.end());
  EXPECT_EQ(std::count(seen.begin(), seen.end(), *sent), 1);
  EXPECT_NE(std::find(sent, seen.end(), "GET /containers/mw-x/json"), seen.end())
      << "it did not look: " << testing::PrintToString(seen) << " " << answer.error;
}

TEST(SilentEngine, OtherCallsAreServedMeanwhile) {
  const EngineDouble engine(engine_silent_at("GET", "/info"));
  const HostProcess host(engine.endpoint());
  std::vector<Connection> waiting;
  for (int i = 0; i < 200; ++i) {
    waiting.push_back(Connection::to_port(host.port()));
    waiting.back().send(
        request_text("POST", kRpcPath, rpc_body("MDocker.GetInfo", "{}"), {kJsonHeader}));
  }
  const auto asked = Clock::now();

  const RpcAnswer answer = host.call("MDocker.CreateContainer", "{}");

  EXPECT_EQ(answer.error, "missing guest with id");
  EXPECT_LT(Clock::now() - asked, std::chrono::seconds(5));
}

TEST(SilentEngine, ACallerThatLeavesHoldsNothing) {
  const EngineDouble engine(engine_silent_at("GET", "/info"));
  HostProcess host(engine.endpoint());
  {
    Connection leaving = Connection::to_port(host.port());
    leaving.send(request_text("POST", kRpcPath, rpc_body("MDocker.GetInfo", "{}"), {kJsonHeader}));
    EXPECT_EQ(host.call("MDocker.GetContainer", R"({"id":"mw-x"})").error, "");
  }
  const auto told = Clock::now();

  EXPECT_EQ(host.end(), 0) << host.process().output();

  EXPECT_LT(Clock::now() - told, std::chrono::seconds(5)) << "it waited for the engine's answer";
}

TEST(SilentEngine, AHostDoesNotStartOnOne) {
  EngineDouble engine([](const Request &) { return Reply().hang(); });
  engine.set_mood(EngineDouble::Mood::silent);
  Process process(serve_command(engine.endpoint()));

  EXPECT_EQ(process.wait(), 1);
  EXPECT_EQ(lines(process.output()).size(), 1U) << process.output();
  EXPECT_NE(process.output().find(engine.endpoint()), std::string::npos) << process.output();
}

TEST(SilentEngine, ListLeavesOutWhatVanishedAfterItWasListed) {
  const EngineDouble engine([](const Request &request) {
    if (is(request, "GET", "/containers/json"))
      return answer(200, R"([{"Id":"aa"},{"Id":"bb"},{"Id":"aa"}])");
    if (is(request, "GET", "/containers/aa/json"))
      return answer(200, std::string(kRunning));
    return refusal(404, "No such container: bb");
  });
  const HostProcess host(engine.endpoint());

  const RpcAnswer answer = host.call("MDocker.ListContainers");

  EXPECT_EQ(answer.error, "");
  EXPECT_EQ(elements(at(answer.result, {"containers"})).size(), 2U) << answer.result;
}

} // namespace
} // namespace wire
