// SPDX-License-Identifier: Apache-2.0
#include "fixture.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace host_test {
namespace {

/// What a host with this level logs of one fixed set of requests.
std::vector<std::string> log_of(const std::string &level) {
  Server server({"-l", level});
  server.exchange(call_request("Probe.Echo", "{}", {"X-Request-Id: trace-1"}));
  server.exchange(
      call_request("Probe.Fail", R"({"message":"one\ntwo\u001b[31m"})", {"X-Request-Id: trace-2"}));
  server.exchange(call_request("Probe.Log", R"({"text":"first\nE1123 forged"})"));
  server.exchange(wire::request_text("GET", "/nope"));
  EXPECT_EQ(server.end(), 0);
  return wire::lines(server.process().output());
}

std::size_t matches(const std::vector<std::string> &lines, const std::string &pattern) {
  return static_cast<std::size_t>(
      std::count_if(lines.begin(), lines.end(),
                    [&](const std::string &line) { return has_match(line, pattern); }));
}

TEST(Log, HasOneLineForEachRequestAtInfo) {
  const std::vector<std::string> lines = log_of("info");
  EXPECT_EQ(matches(lines, R"(^I.*\] Probe\.Echo 200 [0-9.]+ ms, trace trace-1$)"), 1U);
  EXPECT_EQ(matches(lines, R"(^I.*\] Probe\.Log 200 )"), 1U);
  EXPECT_EQ(matches(lines, R"(^I.*\] /nope 404 .*: no such path)"), 1U);
}

TEST(Log, EscapesWhatWouldBreakALine) {
  const std::vector<std::string> lines = log_of("info");
  EXPECT_EQ(matches(lines, R"(Probe\.Fail 200 .*trace trace-2: one\\ntwo\\x1b\[31m$)"), 1U);
  EXPECT_EQ(matches(lines, R"(^W.*\] \[probe\] first\\nE1123 forged$)"), 1U);
  EXPECT_EQ(matches(lines, "^E1123"), 0U);
}

TEST(Log, KeepsWarningsOfPluginsOnlyUnlessSaidOtherwise) {
  Server server;
  server.call("Probe.Log", R"({"text":"mind this"})");
  EXPECT_EQ(server.end(), 0);
  const std::vector<std::string> lines = wire::lines(server.process().output());
  ASSERT_EQ(lines.size(), 2U) << server.process().output();
  EXPECT_EQ(lines.front().substr(0, 7), "serving");
  EXPECT_EQ(matches({lines.back()}, R"(^W.*probe\.cpp:1\] \[probe\] mind this$)"), 1U);
}

TEST(Log, IsSilentAboveWarnings) {
  for (const char *level : {"error", "critical", "fatal"})
    EXPECT_EQ(log_of(level).size(), 1U) << level; // where it serves
}

TEST(Log, SaysThatTheClientIsGone) {
  const Fifo fifo;
  Server server({"-l", "info"});
  RawSocket socket(server.port());
  socket.send(call_request("Probe.Hold", fifo.params()));
  ASSERT_EQ(fifo.next(), 'h');
  socket.reset();
  ASSERT_EQ(fifo.next(), 'c');
  EXPECT_EQ(server.end(), 0);
  EXPECT_EQ(matches(wire::lines(server.process().output()), R"(Probe\.Hold .*\(client gone\))"), 1U)
      << server.process().output();
}

} // namespace
} // namespace host_test
