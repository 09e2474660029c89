// SPDX-License-Identifier: Apache-2.0
//
// Calls that take long, very many at once: nobody else waits for them.
#include "fixture.hpp"

#include <double/model_engine.hpp>

#include <algorithm>
#include <functional>
#include <iterator>

namespace wire {
namespace {

using namespace std::chrono_literals;
using mdocker::test::Gate;
using mdocker::test::ModelEngine;

std::vector<std::string> names(std::size_t count) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < count; ++i)
    out.push_back("mw-long" + std::to_string(i));
  return out;
}

/// The same call for each guest at once, each on a connection of its own.
std::vector<Connection> begin_calls(const HostProcess &host, std::string_view method,
                                    const std::vector<std::string> &guests,
                                    const std::function<std::string(const std::string &)> &params) {
  std::vector<Connection> calls;
  for (const std::string &name : guests) {
    calls.push_back(Connection::to_port(host.port()));
    calls.back().send(
        request_text("POST", kRpcPath, rpc_body(method, params(name)), {kJsonHeader}));
  }
  return calls;
}

std::string stop_params(const std::string &name, std::string_view seconds) {
  return R"({"guest":{"id":)" + json_string(name) + R"(},"args":{"timeout":")" +
         std::string(seconds) + R"("}})";
}

/// How many entries a folder of /proc/PID has.
std::size_t count_of(const HostProcess &host, std::string_view folder) {
  const std::filesystem::path path =
      "/proc/" + std::to_string(host.process().pid()) + "/" + std::string(folder);
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path),
                                                std::filesystem::directory_iterator()));
}

/// The slowest of so many GetContainer, one after another; each must succeed.
std::chrono::milliseconds slowest_look(const HostProcess &host, const std::string &id,
                                       int how_many) {
  Clock::duration slowest{0};
  for (int i = 0; i < how_many && !testing::Test::HasFailure(); ++i) {
    const auto asked = Clock::now();
    const RpcAnswer answer = host.call("MDocker.GetContainer", R"({"id":")" + id + R"("})");
    slowest = std::max(slowest, Clock::now() - asked);
    EXPECT_EQ(answer.error, "");
    EXPECT_EQ(text_at(answer.result, {"containers", "0", "State", "Status"}), "running");
  }
  return std::chrono::ceil<std::chrono::milliseconds>(slowest);
}

/// Each call's one answer: its guest, stopped; and nothing after it.
void expect_stopped(std::vector<Connection> &calls, const std::vector<std::string> &guests) {
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const RpcAnswer answer = read_answer(calls[i].receive());
    EXPECT_EQ(answer.error, "") << guests[i];
    EXPECT_EQ(answer.result, R"({"guest":{"id":")" + guests[i] + R"(","state":"stopped"}})");
  }
  for (const Connection &call : calls)
    EXPECT_TRUE(call.is_quiet());
}

TEST(LongCalls, AThousandStopsAtOnceHoldNobodyUpAndAreEachAnsweredOnce) {
  constexpr std::size_t kStops = 1000;
  constexpr std::size_t kMostThreads = 8;
  constexpr std::size_t kKeptConnections = 64; // limits.engine_reads
  ModelEngine model;
  const std::vector<std::string> guests = names(kStops);
  for (const std::string &name : guests)
    model.add(name, ModelEngine::State::running);
  model.add("mw-other", ModelEngine::State::running);
  const Gate gate = model.hold_stops();
  HostProcess host(model.endpoint());
  slowest_look(host, "mw-other", 1);
  const std::size_t descriptors = count_of(host, "fd");

  std::vector<Connection> calls =
      begin_calls(host, "MDocker.StopContainer", guests,
                  [](const std::string &name) { return stop_params(name, "60"); });
  ASSERT_TRUE(model.wait_for_stops(kStops)) << host.process().output();

  EXPECT_LT(slowest_look(host, "mw-other", 200), 5s);
  EXPECT_LE(count_of(host, "task"), kMostThreads);
  EXPECT_GE(count_of(host, "fd"), 2 * kStops); // they are all in flight
  EXPECT_TRUE(std::all_of(calls.begin(), calls.end(), std::mem_fn(&Connection::is_quiet)));
  EXPECT_EQ(model.count(ModelEngine::State::exited), 0U);

  gate.open();

  expect_stopped(calls, guests);
  EXPECT_EQ(model.count(ModelEngine::State::exited), kStops);
  const std::vector<std::string> seen = model.engine().lines();
  EXPECT_EQ(std::count_if(seen.begin(), seen.end(),
                          [](const std::string &line) { return line.starts_with("POST "); }),
            static_cast<std::ptrdiff_t>(kStops));
  calls.clear();
  std::size_t left = count_of(host, "fd");
  for (const auto until = Clock::now() + 20s;
       left > descriptors + kKeptConnections && Clock::now() < until; left = count_of(host, "fd"))
    EXPECT_EQ(host.get("/healthz").status, 200);
  EXPECT_LE(left, descriptors + kKeptConnections);
  EXPECT_EQ(host.end(), 0) << host.process().output();
}

class LongCallsOnEngine : public OnEngine {
protected:
  /// The call for each guest at once; each must succeed.
  static void must_all(std::string_view method, const std::vector<std::string> &guests,
                       const std::function<std::string(const std::string &)> &params) {
    std::vector<Connection> calls = begin_calls(host(), method, guests, params);
    for (Connection &call : calls)
      ASSERT_EQ(read_answer(call.receive(90s)).error, "");
  }
};

TEST_F(LongCallsOnEngine, FiftyGuestsThatDoNotWantToStopHoldNobodyUp) {
  const std::vector<std::string> guests = names(50);
  must_all("MDocker.CreateContainer", guests, [](const std::string &name) {
    return guest(name, R"("image":)" + json_string(kStubbornImage) + R"(,"nics":[)" +
                           std::string(kNic) + "]");
  });
  create_and_start("mw-other");
  must_all("MDocker.StartContainer", guests, [](const std::string &name) { return guest(name); });
  const std::string last = text_at(engine().inspect(guests.back()), {"Id"});
  const auto asked = Clock::now();

  std::vector<Connection> calls =
      begin_calls(host(), "MDocker.StopContainer", guests,
                  [](const std::string &name) { return stop_params(name, "3"); });
  engine().watch_events(last, "kill").await_text("\"kill\"");

  EXPECT_LT(slowest_look(host(), "mw-other", 20), 5s);
  expect_stopped(calls, guests);
  EXPECT_GE(Clock::now() - asked, 3s);
  for (const std::string &name : guests)
    EXPECT_EQ(state(name), "exited");
}

} // namespace
} // namespace wire
