// SPDX-License-Identifier: Apache-2.0
#include "fixture.hpp"

#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

namespace wire {
namespace {

class NoProgram : public OnSwitch {};

std::string read(const std::filesystem::path &path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST_F(NoProgram, IsStartedByTheHostWhileGuestsArePluggedAndUnplugged) {
  const TempDir dir;
  const std::string fifo = (dir.path() / "go").string();
  const std::filesystem::path log = dir.path() / "strace";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  create("mw-a", {nic("eth1"), nic("eth2", "mwbr1")});
  // A process that starts a program on purpose is watched in the same way.
  Process shell(
      {{"sh", "-c", R"(read -r line <"$0"; busybox true on-purpose; read -r line <"$0")", fifo}});
  Process strace({{"strace", "-f", "-o", log.string(), "-e", "trace=execve,execveat,setns", "-p",
                   std::to_string(host().process().pid()), "-p", std::to_string(shell.pid())}});
  ASSERT_TRUE(comes_true([&] {
    const std::string said = strace.output();
    return said.find("attached") != said.rfind("attached");
  })) << strace.output();

  must("MDocker.StartContainer", guest("mw-a"));
  must("MDocker.StartContainer", guest("mw-a"));
  must("MDocker.RestartContainer", guest("mw-a"));
  must("MDocker.StopContainer", guest("mw-a"));
  const Fd go(::open(fifo.c_str(), O_WRONLY | O_CLOEXEC));
  ASSERT_EQ(::write(go.get(), "go\n", 3), 3);
  ASSERT_TRUE(comes_true([&] { // its line is there with its result
    const std::string text = read(log);
    const std::size_t at = text.find("on-purpose");
    return at != std::string::npos && text.find('\n', at) != std::string::npos;
  }));
  strace.signal(SIGINT);
  ASSERT_TRUE(strace.wait());

  std::vector<std::string> executed;
  bool plugged = false;
  for (const std::string &line : lines(read(log))) {
    plugged = plugged || line.find("setns(") != std::string::npos;
    if (line.find("execve") != std::string::npos && line.find("= 0") != std::string::npos)
      executed.push_back(line);
  }
  EXPECT_TRUE(plugged) << "the host was not watched";
  ASSERT_EQ(executed.size(), 1U) << read(log);
  EXPECT_NE(executed.front().find("on-purpose"), std::string::npos);
}

} // namespace
} // namespace wire
