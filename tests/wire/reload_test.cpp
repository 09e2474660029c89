// SPDX-License-Identifier: Apache-2.0
//
// mdocker.so in this very process: loaded, used on a real engine, unloaded, and gone.
#include "../support/comes_true.hpp"
#include "fixture.hpp"

#include <mistify/host.hpp>

#include <fstream>
#include <future>
#include <sstream>
#include <thread>

namespace wire {
namespace {

std::size_t mappings_of(const std::filesystem::path &file) {
  std::ostringstream maps;
  maps << std::ifstream("/proc/self/maps").rdbuf();
  std::size_t count = 0;
  for (const std::string &line : lines(maps.str()))
    count += line.ends_with(file.string()) ? 1U : 0U;
  return count;
}

std::size_t entries_of(const char *folder) {
  const std::filesystem::directory_iterator all(folder);
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

/// A joined thread is listed for some microseconds still, and nothing tells when it no longer is.
bool threads_come_down_to(std::size_t count) {
  return mdocker::test::comes_true([count] { return entries_of("/proc/self/task") <= count; });
}

mistify::HostOptions options() {
  mistify::HostOptions options;
  options.config = [](std::string_view) {
    return R"({"endpoint":)" + json_string(test_engine().endpoint()) +
           R"(,"network":{"driver":"none"}})";
  };
  return options;
}

TEST(Reload, FiftyLoadsEachServeACallAndLeaveNothing) {
  const std::filesystem::path file = std::filesystem::canonical(WIRE_PLUGIN);
  const std::string id = text_at(test_engine().get("/info"), {"ID"});
  std::size_t threads = 0;
  std::size_t descriptors = 0;

  for (int round = 0; round < 50; ++round) {
    if (round == 1) // as for the descriptors; a sanitizer has begun its own by now
      threads = entries_of("/proc/self/task");
    mistify::Host host(options());
    host.load(file);
    EXPECT_GT(mappings_of(file), 0U);

    std::promise<mistify::Answer> answered;
    host.dispatch({.method = "MDocker.GetInfo"},
                  [&](mistify::Answer answer) { answered.set_value(std::move(answer)); });
    const mistify::Answer answer = answered.get_future().get();

    ASSERT_FALSE(answer.error) << answer.error->message;
    EXPECT_EQ(text_at(answer.result_json, {"ID"}), id);
    ASSERT_TRUE(host.unload("mdocker", std::chrono::seconds(10)));
    ASSERT_EQ(mappings_of(file), 0U) << "round " << round;
    if (round == 0) // what libraries keep for good, they have by now
      descriptors = entries_of("/proc/self/fd");
  }

  EXPECT_EQ(entries_of("/proc/self/fd"), descriptors);
  EXPECT_TRUE(threads_come_down_to(threads)) << "threads stay behind";
}

TEST(Reload, UnloadEndsACallThatWaits) {
  test_engine().remove_guests();
  test_engine().create("mw-r", kStubbornImage);
  ASSERT_EQ(test_engine().request("POST", "/containers/mw-r/start").status, 204);
  const std::string id = text_at(test_engine().inspect("mw-r"), {"Id"});
  mistify::Host host(options());
  host.load(WIRE_PLUGIN);
  std::promise<mistify::Answer> answered;
  host.dispatch({.method = "MDocker.StopContainer", .params_json = R"({"guest":{"id":"mw-r"}})"},
                [&](mistify::Answer answer) { answered.set_value(std::move(answer)); });
  test_engine().watch_events(id, "kill").await_text("\"kill\"");

  EXPECT_TRUE(host.unload("mdocker", std::chrono::seconds(10)));

  EXPECT_TRUE(answered.get_future().get().error);
  test_engine().remove_guests();
}

} // namespace
} // namespace wire
