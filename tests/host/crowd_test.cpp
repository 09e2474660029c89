// SPDX-License-Identifier: Apache-2.0
//
// Clients that hold connections and do nothing with them, by the thousand: the limits hold, and
// others are served.
#include "fixture.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <fstream>
#include <sys/resource.h>

namespace host_test {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPlaces = 8;

std::string places(std::size_t count) {
  return "MISTIFY_LIMITS_CONNECTIONS=" + std::to_string(count);
}

std::size_t descriptors_of(pid_t process) {
  const fs::directory_iterator all("/proc/" + std::to_string(process) + "/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

std::size_t raise_file_limit() {
  rlimit limit{};
  EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  limit.rlim_cur = limit.rlim_max;
  EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  return limit.rlim_cur;
}

/// A server with few places.
class Crowd : public testing::Test {
protected:
  /// Clients that each send this and then nothing, and hold all places.
  void hold_all(const std::string &text) {
    for (std::size_t i = 0; i < kPlaces; ++i) {
      held_.emplace_back(server_.connect());
      held_.back().send(text);
    }
  }
  void expect_others_are_served() const {
    for (std::size_t i = 0; i < 3 * kPlaces; ++i)
      EXPECT_EQ(server_.call("Probe.Echo").status, 200) << i;
  }

  static std::vector<std::string> with_images(const TempDir &folder) {
    std::ofstream(folder.path() / "large.tar").close();
    fs::resize_file(folder.path() / "large.tar", 64U << 20U); // more than sockets hold
    return {"--images", folder.path().string()};
  }

  const TempDir folder_;
  Server server_{with_images(folder_), {places(kPlaces)}};
  const std::size_t own_ = descriptors_of(server_.process().pid());
  std::vector<Connection> held_;
};

TEST_F(Crowd, OfTheSilentLocksNobodyOut) {
  hold_all("");
  expect_others_are_served();
}

TEST_F(Crowd, OfThoseWhoWereServedLocksNobodyOut) {
  hold_all(call_request("Probe.Echo"));
  for (Connection &held : held_)
    EXPECT_EQ(held.receive().status, 200);
  expect_others_are_served();
}

TEST_F(Crowd, WithHeadsThatDoNotEndLocksNobodyOut) {
  hold_all("POST /_mistify_RPC_ HTTP/1.1\r\nHost: local");
  expect_others_are_served();
}

TEST_F(Crowd, WithBodiesThatDoNotEndLocksNobodyOut) {
  hold_all(wire::request_text("POST", kPath, "", {kJsonHeader, "Content-Length: 1000"}) + "{");
  expect_others_are_served();
}

TEST_F(Crowd, ThatTakesNothingLocksNobodyOut) {
  hold_all(wire::request_text("GET", "/images/large/download"));
  expect_others_are_served();
}

TEST_F(Crowd, LosesThePlaceOfTheOneThatWaitsLongest) {
  hold_all(call_request("Probe.Echo"));
  for (Connection &held : held_)
    EXPECT_EQ(held.receive().status, 200);
  // All but one have said something since.
  for (std::size_t i = 0; i < kPlaces; ++i)
    if (i != 3) {
      held_[i].send(call_request("Probe.Echo"));
      EXPECT_EQ(held_[i].receive().status, 200);
    }

  EXPECT_EQ(server_.call("Probe.Echo").status, 200);

  EXPECT_TRUE(held_[3].closed_by_peer());
  for (std::size_t i = 0; i < kPlaces; ++i)
    if (i != 3) {
      held_[i].send(call_request("Probe.Echo"));
      EXPECT_EQ(held_[i].receive().status, 200) << i;
    }
}

TEST_F(Crowd, OfHalfClosedOnesIsAnsweredAndLeavesNothing) {
  for (std::size_t i = 0; i < 10 * kPlaces; ++i) {
    const RawSocket socket(server_.port());
    socket.send("POST /_mistify_RPC_ HTTP/1.1\r\nHost: local");
    socket.end_sending();
    EXPECT_EQ(socket.read_all().substr(0, 12), "HTTP/1.1 400") << i;
  }
  EXPECT_TRUE(comes_true([&] { return descriptors_of(server_.process().pid()) <= own_; }));
}

/// One byte after the other, for as long as the server looks on. Its time is counted from the
/// first.
void expect_patience_ends(const Server &server, const std::string &text) {
  Connection connection = server.connect();
  connection.send(text);
  ASSERT_TRUE(comes_true([&] {
    if (!connection.is_quiet())
      return true;
    connection.send("x");
    return false;
  }));
  EXPECT_EQ(connection.receive().status, 408);
}

TEST(SlowClient, IsTakenNoMoreOfThanTheTimeOfARequest) {
  const Server server({}, {"MISTIFY_LIMITS_IDLE_MS=500"});
  expect_patience_ends(server, "POST /_mistify_RPC_ HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
  expect_patience_ends(
      server, wire::request_text("POST", kPath, "", {kJsonHeader, "Content-Length: 1000000"}));
}

TEST(TenThousandConnections, LeaveTheLimitsAndTheServiceAsTheyAre) {
  constexpr std::size_t kAttempts = 10'000;
  constexpr std::size_t kLimit = 256;
  constexpr std::size_t kRefusals = 64; // are told so at one time
  const std::size_t most_open = std::min(kAttempts, raise_file_limit() - 200);
  Server server({}, {places(kLimit)});
  const Fifo fifo;
  RawSocket calling(server.port());
  calling.send(call_request("Probe.Hold", fifo.params()));
  ASSERT_EQ(fifo.next(), 'h');
  const std::size_t own = descriptors_of(server.process().pid());

  std::deque<RawSocket> crowd;
  for (std::size_t i = 0; i < kAttempts; ++i) {
    crowd.emplace_back(server.port());
    if (crowd.size() > most_open)
      crowd.pop_front();
    if (i % 1000 == 0) {
      EXPECT_EQ(server.call("Probe.Echo").status, 200) << i;
      EXPECT_LE(descriptors_of(server.process().pid()), own + kLimit + kRefusals) << i;
    }
  }

  EXPECT_EQ(server.call("Probe.Echo").status, 200);
  EXPECT_NE(
      server.exchange(wire::request_text("GET", "/healthz")).body.find(R"("calls_in_flight":1)"),
      std::string::npos)
      << "the call that runs has kept its place";
  calling.close();
  EXPECT_EQ(fifo.next(), 'c');
  crowd.clear();
  EXPECT_TRUE(comes_true([&] { return descriptors_of(server.process().pid()) < own; }));
  EXPECT_EQ(server.end(), 0);
}

TEST(FewDescriptors, LeaveTheServiceFewerConnections) {
  Process process({{"sh", "-c", R"(ulimit -n 100; exec "$0" "$@")", MOCK_HOST, "--plugin",
                    PROBE_PLUGIN, "serve", "-p", "0", "--ready-fd", "{fd}"}});
  const std::optional<std::string> line = process.ready_line();
  ASSERT_TRUE(line) << process.output();
  const auto port = static_cast<std::uint16_t>(std::stoi(*line));
  constexpr int kCrowd = 200;
  std::vector<RawSocket> crowd;
  crowd.reserve(kCrowd);
  for (int i = 0; i < kCrowd; ++i)
    crowd.emplace_back(port);

  Connection connection = Connection::to_port(port);
  connection.send(call_request("Probe.Echo"));

  EXPECT_EQ(connection.receive().status, 200);
  const std::string log = process.output();
  EXPECT_NE(log.find("limits.connections: 50 instead of 4096, as the process may open 100 files"),
            std::string::npos)
      << log;
  EXPECT_EQ(log.find("cannot accept"), std::string::npos) << log;
}

} // namespace
} // namespace host_test
