// SPDX-License-Identifier: Apache-2.0
//
// How a serving host begins and ends.
#include "fixture.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace host_test {
namespace {

TEST(Start, TellsThePortThroughTheReadyDescriptor) {
  const Server server;
  EXPECT_EQ(server.call("Probe.Echo").status, 200);
}

TEST(Start, ServesWhereNoCommandIsNamed) {
  Process process({with_probe({"-p", "0", "--ready-fd", "{fd}"}), {}});
  EXPECT_TRUE(process.ready_line());
  process.signal(SIGTERM);
  EXPECT_EQ(process.wait(), 0);
}

TEST(Start, SaysWhereItServes) {
  Server server;
  const int port = server.port();
  EXPECT_EQ(server.end(), 0);
  EXPECT_EQ(server.process().output(), "serving on http://127.0.0.1:" + std::to_string(port) +
                                           "/_mistify_RPC_ with probe 1.2.3\n");
}

TEST(Start, ListensOnTheAddressThatItIsGiven) {
  Server server({"--listen", "[::1]"});
  EXPECT_EQ(server.end(), 0);
  EXPECT_NE(server.process().output().find("http://[::1]:" + std::to_string(server.port()) + "/"),
            std::string::npos)
      << server.process().output();
}

TEST(Start, RaisesTheLimitOfOpenFiles) {
  const TempDir folder;
  const Outcome outcome = run_shell("cd " + folder.path().string() + R"sh( && mkfifo ready
      hard=$(ulimit -H -n); ulimit -S -n 100
      "$HOST" --plugin "$PROBE" -p 0 --ready-fd 5 5>ready & pid=$!
      read -r port <ready
      [ "$(awk '/Max open files/ {print $4}' /proc/$pid/limits)" = "$hard" ]; raised=$?
      kill $pid; wait $pid && exit $raised)sh");
  EXPECT_EQ(outcome.status, 0) << outcome.output;
}

TEST(Start, RefusesAPortThatIsTaken) {
  const Server first;
  const std::string port = std::to_string(first.port());
  const Outcome outcome = run_host({"--plugin", PROBE_PLUGIN, "-p", port});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.output,
            "mistify-mock-host: cannot listen on 127.0.0.1:" + port + ": Address already in use\n");
}

TEST(Start, RefusesAPluginThatIsNotReady) {
  const TempDir folder;
  const Outcome outcome =
      run_host({"--plugin", PROBE_PLUGIN, "-p", "0", "--config",
                config_file(folder, R"({"plugins":{"probe":{"ready":false}}})")});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.output, "mistify-mock-host: probe is not ready: the probe is away\n");
}

TEST(Start, RefusesAFolderWithoutPlugins) {
  const TempDir folder;
  const Outcome outcome = run_host({"--plugin-dir", folder.path().string()});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.output, "mistify-mock-host: no plugin found in " + folder.path().string() +
                                "; expected a *.so there, or --plugin FILE or --plugin-dir DIR\n");
}

TEST(Start, RefusesAPluginThatIsNotThere) {
  const Outcome outcome = run_host({"--plugin", "/nowhere/x.so"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.output, "mistify-mock-host: /nowhere/x.so: no such file\n");
}

TEST(Start, RefusesAReadyDescriptorThatIsNotOpen) {
  const Outcome outcome = run_host({"--plugin", PROBE_PLUGIN, "--ready-fd", "99"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_NE(outcome.output.find("--ready-fd 99: is not open"), std::string::npos) << outcome.output;
}

TEST(Start, LoadsAFolder) {
  const TempDir folder;
  std::filesystem::create_symlink(PROBE_PLUGIN, folder.path() / "probe.so");
  std::filesystem::create_symlink(EXAMPLE_C_PLUGIN, folder.path() / "example.so");
  const Outcome outcome = run_host({"--plugin-dir", folder.path().string(), "methods"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_NE(outcome.output.find("ExampleC.Echo"), std::string::npos) << outcome.output;
  EXPECT_NE(outcome.output.find("Probe.Echo"), std::string::npos) << outcome.output;
}

class End : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(By, End, testing::Values(SIGTERM, SIGINT), [](const auto &row) {
  return std::string(row.param == SIGTERM ? "SIGTERM" : "SIGINT");
});

TEST_P(End, IsCleanAndClosesIdleConnections) {
  Server server;
  Connection idle = server.connect();
  idle.send(call_request("Probe.Echo"));
  ASSERT_EQ(idle.receive().status, 200);

  server.process().signal(GetParam());

  EXPECT_TRUE(idle.closed_by_peer());
  EXPECT_EQ(server.process().wait(), 0);
}

TEST_P(End, WaitsForACallInFlight) {
  Server server({"--plugin", EXAMPLE_C_PLUGIN});
  Connection waiting = server.connect();
  waiting.send(call_request("ExampleC.Wait", R"({"ms":500})"));
  // Connections are accepted in their order, so that the one before has been read too.
  ASSERT_EQ(server.call("Probe.Echo").status, 200);

  server.process().signal(GetParam());

  const HttpResponse response = waiting.receive();
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.header("connection"), "close");
  EXPECT_NE(response.body.find("waited_ms"), std::string::npos) << response.body;
  EXPECT_EQ(server.process().wait(), 0);
}

TEST_P(End, AcceptsNoMoreConnections) {
  Server server({}, {"MISTIFY_DRAIN_MS=60000"});
  const Fifo fifo;
  Connection idle = server.connect();
  idle.send(call_request("Probe.Echo"));
  ASSERT_EQ(idle.receive().status, 200);
  RawSocket held(server.port());
  held.send(call_request("Probe.Hold", fifo.params()));
  ASSERT_EQ(fifo.next(), 'h');

  server.process().signal(GetParam());
  ASSERT_TRUE(idle.closed_by_peer()); // the signal has been dealt with

  EXPECT_THROW(RawSocket{server.port()}, std::runtime_error);
  held.close();
  EXPECT_EQ(server.process().wait(), 0);
}

TEST_P(End, CancelsWhatTakesLongerThanTheDrain) {
  Server server({}, {"MISTIFY_DRAIN_MS=100"});
  const Fifo fifo;
  Connection held = server.connect();
  held.send(call_request("Probe.Hold", fifo.params()));
  ASSERT_EQ(fifo.next(), 'h');

  server.process().signal(GetParam());

  EXPECT_EQ(fifo.next(), 'c');
  const HttpResponse response = held.receive();
  EXPECT_NE(response.body.find(R"("result":null)"), std::string::npos) << response.body;
  EXPECT_EQ(server.process().wait(), 0);
}

TEST_P(End, ComesAtOnceWithTheSecondSignal) {
  Server server({}, {"MISTIFY_DRAIN_MS=60000"});
  const Fifo fifo;
  Connection idle = server.connect();
  idle.send(call_request("Probe.Echo"));
  ASSERT_EQ(idle.receive().status, 200);
  Connection held = server.connect();
  held.send(call_request("Probe.Hold", fifo.params()));
  ASSERT_EQ(fifo.next(), 'h');

  server.process().signal(GetParam());
  ASSERT_TRUE(idle.closed_by_peer()); // the first one has been dealt with
  server.process().signal(GetParam());

  EXPECT_EQ(server.process().wait(), -GetParam());
}

} // namespace
} // namespace host_test
