// SPDX-License-Identifier: Apache-2.0
#include "fixture.hpp"

#include "health.hpp"
#include "json.hpp"

#include <gtest/gtest.h>

namespace host_test {
namespace {

using mistify::Answer;
using mistify::CallError;
using mistify::mock_host::read_check;
using mistify::mock_host::Readiness;

TEST(Healthz, SaysWhatThePluginsSay) {
  const Server server({"--plugin", EXAMPLE_C_PLUGIN});
  const HttpResponse response = server.exchange(wire::request_text("GET", "/healthz"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.header("content-type"), "application/json; charset=utf-8");
  EXPECT_EQ(response.body,
            std::string(R"({"status":"ok","plugins":{"probe":{"version":"1.2.3","file":)") +
                mistify::json::quoted(PROBE_PLUGIN) +
                R"(,"ready":true,"depth":7},"example_c":{"version":"1.0","file":)" +
                mistify::json::quoted(EXAMPLE_C_PLUGIN) +
                R"(,"ready":true,"waiting":0}},"calls_in_flight":0})" + "\n");
}

TEST(Healthz, CountsTheCallsInFlight) {
  const Server server;
  const Fifo fifo;
  Connection held = server.connect();
  held.send(call_request("Probe.Hold", fifo.params()));
  ASSERT_EQ(fifo.next(), 'h');
  EXPECT_NE(
      server.exchange(wire::request_text("GET", "/healthz")).body.find(R"("calls_in_flight":1)"),
      std::string::npos);
}

TEST(Healthz, TakesGetOnly) {
  const Server server;
  const HttpResponse response = server.exchange(wire::request_text("POST", "/healthz", "{}"));
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.header("allow"), "GET");
}

TEST(Healthz, Is503WhereThereIsNoPlugin) {
  mistify::Host host({});
  mistify::mock_host::HealthService health(host, [](const std::function<void()> &work) { work(); });
  mistify::mock_host::HttpReply reply;
  mistify::mock_host::HttpRequest request;
  request.method = "GET";
  request.authorised = true;

  health.begin(std::move(request), [&](mistify::mock_host::HttpReply r) { reply = std::move(r); });

  EXPECT_EQ(reply.status, 503U);
  EXPECT_EQ(reply.body, "{\"status\":\"degraded\",\"plugins\":{},\"calls_in_flight\":0}\n");
}

struct CheckRow {
  const char *name;
  Answer answer;
  bool ready;
  const char *members;
};

TEST(ReadCheck, TellsReadyFromNotReady) {
  const CheckRow rows[] = {
      {"ready", {R"({"ready":true,"x":[1]})", {}}, true, R"("ready":true,"x":[1])"},
      {"not ready",
       {R"({"ready":false,"reason":"away"})", {}},
       false,
       R"("ready":false,"reason":"away")"},
      {"failed", {"", CallError{-32000, "late", ""}}, false, R"("ready":false,"reason":"late")"},
      {"does not say",
       {"{}", {}},
       false,
       R"("ready":false,"reason":"the plugin's check does not say whether it is ready")"},
  };
  for (const CheckRow &row : rows) {
    const Readiness readiness = read_check(row.answer);
    EXPECT_EQ(readiness.ready, row.ready) << row.name;
    EXPECT_EQ(readiness.members, row.members) << row.name;
  }
}

TEST(ReadCheck, TakesNoObjectForNotReady) {
  EXPECT_FALSE(read_check({"[true]", {}}).ready);
}

} // namespace
} // namespace host_test
