// SPDX-License-Identifier: Apache-2.0
//
// Where nothing happens the host does nothing.
#include "follow_fixture.hpp"

#include <filesystem>
#include <fstream>
#include <poll.h>

namespace wire {
namespace {

/// How often the plugin's threads were given a processor.
unsigned long turns_of(pid_t process) {
  unsigned long all = 0;
  for (const auto &task :
       std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/task")) {
    std::string name;
    std::ifstream(task.path() / "comm") >> name;
    if (!name.starts_with("mdocker"))
      continue;
    unsigned long run = 0;
    unsigned long waited = 0;
    unsigned long turns = 0;
    std::ifstream(task.path() / "schedstat") >> run >> waited >> turns;
    all += turns;
  }
  return all;
}

TEST_F(Follow, WhereNothingHappensNoThreadWakes) {
  constexpr int kWindow = 6'000; // ms
  const pid_t process = host().process().pid();
  // What the calls before have left: timers that nobody needs any more.
  unsigned long before = 0;
  ASSERT_TRUE(comes_true([&] {
    before = turns_of(process);
    ::poll(nullptr, 0, kWindow / 2);
    return turns_of(process) == before;
  }));
  ASSERT_GT(before, 0U);

  ::poll(nullptr, 0, kWindow);

  EXPECT_EQ(turns_of(process), before);
  by_the_engine("mw-a", "restart?t=0");
  expect_talk(Clock::now());
}

} // namespace
} // namespace wire
