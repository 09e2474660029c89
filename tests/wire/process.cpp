// SPDX-License-Identifier: Apache-2.0
#include "process.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <poll.h>
#include <sstream>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

extern "C" { // this header forgets that C++ has another linkage
#include <sys/pidfd.h>
}

namespace wire {
namespace {

[[noreturn]] void fail(const std::string &what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// Null-terminated pointers into the strings, as exec takes them.
std::vector<char *> pointers(std::vector<std::string> &strings) {
  std::vector<char *> out;
  out.reserve(strings.size() + 1);
  for (std::string &string : strings)
    out.push_back(string.data());
  out.push_back(nullptr);
  return out;
}

std::vector<std::string> environment_with(const std::vector<std::string> &added) {
  std::vector<std::string> out = added; // the first of a name wins
  for (char **entry = environ; *entry != nullptr; ++entry)
    out.emplace_back(*entry);
  return out;
}

void replace_fd(std::vector<std::string> &argv, int fd) {
  for (std::string &argument : argv)
    if (argument == "{fd}")
      argument = std::to_string(fd);
}

} // namespace

TempDir::TempDir() {
  std::string name = (std::filesystem::temp_directory_path() / "mdw-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr)
    fail("temporary folder " + name);
  path_ = name;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Process::Process(const Command &command) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    fail("pipe");
  ready_ = Fd(ends[0]);
  const Fd write_end(ends[1]);
  const Fd out(
      ::open((dir_.path() / "output").c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600));
  const Fd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));

  // Everything is laid out before the fork: the child makes system calls only.
  std::vector<std::string> argv = command.argv;
  replace_fd(argv, write_end.get());
  std::vector<std::string> environment = environment_with(command.environment);
  const std::vector<char *> argv_pointers = pointers(argv);
  const std::vector<char *> environment_pointers = pointers(environment);
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent)
      ::_exit(126);
    ::dup2(null.get(), STDIN_FILENO);
    ::dup2(out.get(), STDOUT_FILENO);
    ::dup2(out.get(), STDERR_FILENO);
    ::fcntl(write_end.get(), F_SETFD, 0);
    ::execvpe(argv_pointers[0], argv_pointers.data(), environment_pointers.data());
    ::_exit(127);
  }
  if (pid_ < 0)
    fail("fork");
  pidfd_ = Fd(::pidfd_open(pid_, 0));
  if (pidfd_.get() < 0)
    fail("pidfd_open");
}

Process::~Process() {
  if (running()) {
    ::kill(pid_, SIGKILL);
    wait();
  }
}

void Process::signal(int number) const {
  ::pidfd_send_signal(pidfd_.get(), number, nullptr, 0);
}

std::optional<ExitStatus> Process::wait(std::chrono::milliseconds timeout) {
  if (status_)
    return status_;
  pollfd waited{pidfd_.get(), POLLIN, 0};
  if (::poll(&waited, 1, static_cast<int>(timeout.count())) != 1)
    return std::nullopt;
  int status = 0;
  if (::waitpid(pid_, &status, 0) != pid_)
    fail("waitpid");
  status_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  return status_;
}

bool Process::running() {
  return !wait(std::chrono::milliseconds(0));
}

std::optional<std::string> Process::ready_line(std::chrono::milliseconds timeout) {
  const auto until = Clock::now() + timeout;
  std::string line;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    pollfd waited{ready_.get(), POLLIN, 0};
    if (left <= 0 || ::poll(&waited, 1, static_cast<int>(left)) != 1)
      return std::nullopt;
    char byte = 0;
    if (::read(ready_.get(), &byte, 1) != 1)
      return std::nullopt;
    if (byte == '\n')
      return line;
    line += byte;
  }
}

std::string Process::output() const {
  std::ostringstream text;
  text << std::ifstream(dir_.path() / "output").rdbuf();
  return text.str();
}

std::string run(const Command &command, std::chrono::milliseconds timeout) {
  Process process(command);
  const auto status = process.wait(timeout);
  if (status != 0)
    throw std::runtime_error(command.argv[0] + ": " +
                             (status ? "exit status " + std::to_string(*status) : "too slow") +
                             ":\n" + process.output());
  return process.output();
}

Fd watchdog(const std::string &script, const std::filesystem::path &folder) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    throw std::runtime_error("no pipe");
  Fd lifeline(ends[1]);
  // In a session of its own, and no child of ours: it outlives whatever ends this process.
  const Fd read_end(ends[0]);
  ::fcntl(read_end.get(), F_SETFD, 0);
  static_cast<void>(
      run({{"setsid", "--fork", "sh", "-c",
            R"(exec </dev/fd/"$3" >/dev/null 2>&1; read -r _; "$1" stop "$2"; rm -rf "$2")",
            "watchdog", script, folder.string(), std::to_string(read_end.get())}}));
  return lifeline;
}

std::vector<std::string> lines(const std::string &text) {
  std::vector<std::string> out;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);)
    if (!line.empty())
      out.push_back(line);
  return out;
}

} // namespace wire
