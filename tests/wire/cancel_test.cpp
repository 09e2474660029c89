// SPDX-License-Identifier: Apache-2.0
//
// Whoever ends a call before its time: the request at the engine is given up, and the call ends
// once.
#include "../support/comes_true.hpp"
#include "fixture.hpp"

#include <double/engine_double.hpp>

#include <csignal>
#include <fstream>
#include <functional>

namespace wire {
namespace {

using namespace std::chrono_literals;
using mdocker::test::EngineDouble;
using mdocker::test::Reply;
using mdocker::test::Request;

/// An engine that never answers what the test asks it.
Reply silence(const Request &) {
  return Reply().hang();
}

std::string in_flight(const HostProcess &host) {
  return at(host.get("/healthz").body, {"calls_in_flight"});
}

/// Waits until the host has no call open but the check that asks.
void expect_idle(const HostProcess &host) {
  EXPECT_TRUE(mdocker::test::comes_true([&host] { return in_flight(host) == "0"; }));
}

struct Asked {
  const char *method;
  std::string params;
};
void PrintTo(const Asked &asked, std::ostream *out) {
  *out << asked.method;
}

const Asked kReads[] = {{"MDocker.GetInfo", "{}"},
                        {"MDocker.GetContainer", R"({"id":"mw-x"})"},
                        {"MDocker.ListContainers", "{}"}};
const Asked kChanges[] = {{"MDocker.StopContainer", guest("mw-x")},
                          {"MDocker.PauseContainer", guest("mw-x")},
                          {"MDocker.CreateContainer", guest("mw-x", R"("nics":[{}])")}};

class Given : public testing::TestWithParam<Asked> {
protected:
  void send(Connection &connection) const {
    connection.send(request_text("POST", kRpcPath, rpc_body(GetParam().method, GetParam().params),
                                 {kJsonHeader}));
  }
};

class ReadGivenUp : public Given {};
INSTANTIATE_TEST_SUITE_P(Table, ReadGivenUp, testing::ValuesIn(kReads));

TEST_P(ReadGivenUp, WhenItsClientIsGone) {
  EngineDouble engine(silence);
  HostProcess host(engine.endpoint());
  {
    Connection leaving = Connection::to_port(host.port());
    send(leaving);
    ASSERT_TRUE(engine.wait_for_requests(1));
  }

  EXPECT_TRUE(engine.wait_closed(engine.requests().front().connection));
  expect_idle(host);
  EXPECT_EQ(host.end(), 0) << host.process().output();
}

TEST_P(ReadGivenUp, WhenItsDeadlinePasses) {
  EngineDouble engine(silence);
  const TempDir dir;
  std::ofstream(dir.path() / "config.json")
      << R"({"plugins":{"mdocker":{"timeouts":{"read_ms":800}}}})";
  HostProcess host(engine.endpoint(), {"--config", (dir.path() / "config.json").string()});

  const RpcAnswer answer = host.call(GetParam().method, GetParam().params);

  EXPECT_NE(answer.error.find("did not answer in time"), std::string::npos) << answer.error;
  EXPECT_TRUE(engine.wait_closed(engine.requests().front().connection));
  EXPECT_EQ(host.end(), 0) << host.process().output();
}

class ChangeGivenUp : public Given {};
INSTANTIATE_TEST_SUITE_P(Table, ChangeGivenUp, testing::ValuesIn(kChanges));

TEST_P(ChangeGivenUp, WhenItsClientIsGone) {
  // All but the change is answered: there is no such guest any more.
  EngineDouble engine([first = true](const Request &) mutable {
    return std::exchange(first, false) ? Reply().hang() : mdocker::test::refusal(404, "gone");
  });
  HostProcess host(engine.endpoint());
  {
    Connection leaving = Connection::to_port(host.port());
    send(leaving);
    ASSERT_TRUE(engine.wait_for_requests(1));
  }

  EXPECT_TRUE(engine.wait_closed(engine.requests().front().connection));
  EXPECT_TRUE(engine.wait_for_requests(2)) << "nobody has looked what became of it";
  expect_idle(host);
  EXPECT_EQ(host.end(), 0) << host.process().output();
}

TEST_P(ChangeGivenUp, WhenThePluginStopsAndItsClientHearsOfItOnce) {
  EngineDouble engine(silence);
  const TempDir dir;
  std::ofstream(dir.path() / "config.json") << R"({"drain_ms":100})";
  HostProcess host(engine.endpoint(), {"--config", (dir.path() / "config.json").string()});
  Connection waiting = Connection::to_port(host.port());
  send(waiting);
  ASSERT_TRUE(engine.wait_for_requests(1));
  const auto told = Clock::now();

  EXPECT_EQ(host.end(), 0) << host.process().output();

  EXPECT_LT(Clock::now() - told, 8s) << "it waited for the engine";
  const RpcAnswer answer = read_answer(waiting.receive());
  EXPECT_NE(answer.error, "");
  EXPECT_TRUE(waiting.closed_by_peer()) << "more has come";
  EXPECT_TRUE(engine.wait_closed(engine.requests().front().connection));
}

class CallInterrupted : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Signals, CallInterrupted, testing::Values(SIGINT, SIGTERM));

TEST_P(CallInterrupted, GivesTheRequestUpAndSaysSo) {
  EngineDouble engine(silence);
  Process call({{WIRE_HOST, "call", "--plugin", WIRE_PLUGIN, "-e", engine.endpoint(), "GetInfo"},
                {"MISTIFY_NETWORK_DRIVER=none"}});
  ASSERT_TRUE(engine.wait_for_requests(1));

  call.signal(GetParam());

  EXPECT_EQ(call.wait(10s), 1);
  EXPECT_NE(call.output().find("cancelled"), std::string::npos) << call.output();
  EXPECT_EQ(lines(call.output()).size(), 1U) << call.output();
  EXPECT_TRUE(engine.wait_closed(engine.requests().front().connection));
}

} // namespace
} // namespace wire
