// SPDX-License-Identifier: Apache-2.0
//
// A child process that does not outlive its test.
#pragma once

#include "http.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace wire {

/// A folder below the system's temporary one (short, so that sockets fit), removed at the end.
class TempDir {
public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir &) = delete;
  TempDir &operator=(const TempDir &) = delete;
  [[nodiscard]] const std::filesystem::path &path() const noexcept { return path_; }

private:
  std::filesystem::path path_;
};

struct Command {
  std::vector<std::string> argv;             ///< The program is looked up in PATH.
  std::vector<std::string> environment = {}; ///< "NAME=value", added to this process's.
};

/// What became of a process: its exit status, or minus the signal that ended it.
using ExitStatus = int;

/// Runs a command. It is killed with the thread that started it, and by the destructor. Its output,
/// both streams, goes to a file that output() reads; "{fd}" in an argument is the number of a
/// descriptor whose other end is ready().
class Process {
public:
  explicit Process(const Command &command);
  ~Process();
  Process(const Process &) = delete;
  Process &operator=(const Process &) = delete;

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  void signal(int number) const;
  /// Waits for its end; nothing where the time is up before.
  std::optional<ExitStatus> wait(std::chrono::milliseconds timeout = kPatience);
  [[nodiscard]] bool running();
  /// One line from its ready descriptor; nothing where it ended or was silent too long.
  std::optional<std::string> ready_line(std::chrono::milliseconds timeout = kPatience);
  [[nodiscard]] std::string output() const;

private:
  TempDir dir_;
  pid_t pid_ = -1;
  Fd pidfd_;
  Fd ready_;
  std::optional<ExitStatus> status_;
};

/// Runs a command to its end; throws with its output where it fails or takes too long.
std::string run(const Command &command,
                std::chrono::milliseconds timeout = std::chrono::minutes(2));

/// Sees to it that `SCRIPT stop FOLDER` is run and FOLDER removed when what this returns is closed,
/// with this process at the latest.
[[nodiscard]] Fd watchdog(const std::string &script, const std::filesystem::path &folder);

/// The lines of a text that are not empty.
std::vector<std::string> lines(const std::string &text);

} // namespace wire
