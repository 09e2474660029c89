// SPDX-License-Identifier: Apache-2.0
//
// What the tests of the SDK share: where the plugins are, a log that can be read, answers that can
// be waited for, and the process seen from outside.
#pragma once

#include "../support/comes_true.hpp"
#include "mistify/host.hpp"
#include "mistify/plugin.h"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace sdk_test {

using mdocker::test::comes_true;

/// No test waits longer for what must come; none of them waits that long when it passes.
inline constexpr std::chrono::seconds kPatience{60};

/// Lends the text, for as long as it lives.
inline mistify_str lend(std::string_view text) {
  return {text.data(), text.size()};
}

std::filesystem::path plugin(const std::string &name);
std::filesystem::path broken(const std::string &name);

/// A folder that is gone with the object.
class TemporaryFolder {
public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder &) = delete;
  TemporaryFolder &operator=(const TemporaryFolder &) = delete;
  [[nodiscard]] const std::filesystem::path &path() const noexcept { return path_; }

private:
  std::filesystem::path path_;
};

struct LogLine {
  mistify::LogLevel level;
  std::string plugin;
  std::string message;
};

/// Keeps what a Host logs.
class Log {
public:
  [[nodiscard]] decltype(mistify::HostOptions::log) function();
  [[nodiscard]] std::vector<LogLine> lines() const;
  /// What that plugin logged, in order; "" is the host.
  [[nodiscard]] std::vector<std::string> of(std::string_view plugin) const;

private:
  mutable std::mutex mutex_;
  std::vector<LogLine> lines_;
};

/// Takes one answer. A second one ends the test program: a completion comes once.
class Answered {
public:
  Answered();
  [[nodiscard]] mistify::Completion completion() const;
  [[nodiscard]] bool ready() const;
  [[nodiscard]] mistify::Answer get(); ///< Waits, but not for ever.

private:
  std::shared_ptr<std::promise<mistify::Answer>> promise_;
  std::future<mistify::Answer> future_;
};

/// Dispatches and waits for the answer.
mistify::Answer call(mistify::Host &host, std::string_view method, std::string_view params = "{}");

/// A door that starts shut: who waits goes on when it is opened.
class Door {
public:
  void open();
  void wait(); ///< Throws where it is never opened.
  [[nodiscard]] bool is_open() const;

private:
  mutable std::mutex mutex_;
  std::condition_variable opened_;
  bool open_ = false;
};

/// How often the file is in this process's address space.
std::size_t mappings_of(const std::filesystem::path &file);
/// The same for files that were at that path and have been replaced.
std::size_t old_mappings_of(const std::filesystem::path &file);
/// Puts a copy of a file in the place of another, as a package manager does: by rename.
void replace(const std::filesystem::path &file, const std::filesystem::path &by);
std::size_t open_descriptors();
std::size_t threads();
/// A joined thread is listed for some microseconds still, and nothing tells when it no longer is.
bool threads_come_down_to(std::size_t count);
std::size_t anonymous_kib(); ///< Resident memory that no file backs.

} // namespace sdk_test
