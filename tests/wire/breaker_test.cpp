// SPDX-License-Identifier: Apache-2.0
//
// An engine that is there and does not answer: the first calls find out, the others do not wait.
#include "../support/comes_true.hpp"
#include "fixture.hpp"

#include <fstream>

namespace wire {
namespace {

using namespace std::chrono_literals;

/// Less than a call may take, more than a request waits for a probe.
constexpr auto kQuick = 3s;

class FrozenEngine : public testing::Test {
protected:
  void SetUp() override {
    std::ofstream(dir_.path() / "config.json")
        << R"({"plugins":{"mdocker":{"timeouts":{"read_ms":4000,"change_ms":4000}}}})";
    host_.emplace(engine_.api().endpoint(),
                  std::vector<std::string>{"--config", (dir_.path() / "config.json").string()});
    ASSERT_EQ(host_->call("MDocker.GetInfo").error, "");
    engine_.freeze();
  }

  /// Calls until one fails for the breaker; how many were needed.
  int calls_until_open() {
    int calls = 0;
    while (calls++ < 20)
      if (info().find("has not answered") != std::string::npos)
        return calls;
    return calls;
  }

  std::string info() {
    return host_->post(R"({"jsonrpc":"2.0","method":"MDocker.GetInfo","params":{},"id":1})").body;
  }

  PrivateEngine engine_;
  TempDir dir_;
  std::optional<HostProcess> host_;
};

TEST_F(FrozenEngine, FailsCallsQuicklyAfterTheFirstFewAndSaysSo) {
  EXPECT_LE(calls_until_open(), 5);

  for (const auto &[method, params] : std::vector<std::pair<const char *, std::string>>{
           {"MDocker.GetInfo", "{}"},
           {"MDocker.ListContainers", "{}"},
           {"MDocker.StopContainer", guest("mw-t")},
           {"MDocker.CreateContainer", guest("mw-t", R"("nics":[{}])")}}) {
    SCOPED_TRACE(method);
    const auto asked = Clock::now();
    const RpcAnswer answer = host_->call(method, params);
    EXPECT_LT(Clock::now() - asked, kQuick);
    EXPECT_NE(answer.error.find(engine_.api().endpoint()), std::string::npos) << answer.error;
  }

  const std::string data = at(info(), {"error", "data"});
  EXPECT_EQ(text_at(data, {"kind"}), "unavailable");
  EXPECT_EQ(at(data, {"retryable"}), "true");
  EXPECT_EQ(text_at(data, {"method"}), "MDocker.GetInfo");
  EXPECT_NE(text_at(data, {"breaker"}), "closed");
  const HttpResponse health = host_->get("/healthz");
  EXPECT_EQ(health.status, 200) << health.body;
  EXPECT_EQ(at(health.body, {"plugins", "mdocker", "ready"}), "false");
  EXPECT_NE(text_at(health.body, {"plugins", "mdocker", "engine", "breaker"}), "closed");
  EXPECT_NE(host_->process().output().find("does not answer: calls fail at once"),
            std::string::npos);
}

TEST_F(FrozenEngine, IsCalledAgainWhenItGoesOn) {
  calls_until_open();

  engine_.thaw();

  EXPECT_TRUE(mdocker::test::comes_true([this] { return !has(info(), {"error"}); }));
  const HttpResponse health = host_->get("/healthz");
  EXPECT_EQ(text_at(health.body, {"plugins", "mdocker", "engine", "breaker"}), "closed");
  EXPECT_EQ(at(health.body, {"plugins", "mdocker", "ready"}), "true");
  EXPECT_EQ(host_->end(), 0) << host_->process().output();
}

TEST_F(FrozenEngine, DoesNotHoldACallThatWaitsForAPlace) {
  std::vector<Connection> waiting; // more than there are places
  for (int i = 0; i < 200; ++i) {
    waiting.push_back(Connection::to_port(host_->port()));
    waiting.back().send(
        request_text("POST", kRpcPath, rpc_body("MDocker.GetInfo", "{}"), {kJsonHeader}));
  }

  for (Connection &connection : waiting)
    EXPECT_NE(read_answer(connection.receive(20s)).error, "");

  EXPECT_EQ(host_->end(), 0) << host_->process().output();
}

} // namespace
} // namespace wire
