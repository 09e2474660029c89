// SPDX-License-Identifier: Apache-2.0
#include "support.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>
#include <utility>

namespace sdk_test {
namespace fs = std::filesystem;

fs::path plugin(const std::string &name) {
  return fs::path(SDK_TEST_PLUGINS) / (name + ".so");
}
fs::path broken(const std::string &name) {
  return fs::path(SDK_TEST_PLUGINS) / "broken" / (name + ".so");
}

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (fs::temp_directory_path() / "mistify-sdk-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr)
    throw std::runtime_error("no temporary folder: " + pattern);
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

decltype(mistify::HostOptions::log) Log::function() {
  return [this](mistify::LogLevel level, std::string_view plugin, std::string_view, int,
                std::string_view message) {
    const std::lock_guard lock(mutex_);
    lines_.push_back({level, std::string(plugin), std::string(message)});
  };
}

std::vector<LogLine> Log::lines() const {
  const std::lock_guard lock(mutex_);
  return lines_;
}

std::vector<std::string> Log::of(std::string_view plugin) const {
  std::vector<std::string> out;
  for (LogLine &line : lines()) {
    if (line.plugin == plugin)
      out.push_back(std::move(line.message));
  }
  return out;
}

Answered::Answered()
    : promise_(std::make_shared<std::promise<mistify::Answer>>()), future_(promise_->get_future()) {
}

mistify::Completion Answered::completion() const {
  return [promise = promise_](mistify::Answer answer) noexcept {
    promise->set_value(std::move(answer));
  };
}

bool Answered::ready() const {
  return future_.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

mistify::Answer Answered::get() {
  if (future_.wait_for(kPatience) != std::future_status::ready)
    throw std::runtime_error("no answer came");
  return future_.get();
}

mistify::Answer call(mistify::Host &host, std::string_view method, std::string_view params) {
  Answered answered;
  host.dispatch({.method = method, .params_json = params}, answered.completion());
  return answered.get();
}

void Door::open() {
  const std::lock_guard lock(mutex_);
  open_ = true;
  opened_.notify_all();
}

void Door::wait() {
  std::unique_lock lock(mutex_);
  if (!opened_.wait_for(lock, kPatience, [this] { return open_; }))
    throw std::runtime_error("a door was never opened");
}

bool Door::is_open() const {
  const std::lock_guard lock(mutex_);
  return open_;
}

namespace {
std::size_t mappings_that_end_with(const std::string &text) {
  std::ifstream maps("/proc/self/maps");
  std::size_t count = 0;
  for (std::string line; std::getline(maps, line);) {
    if (line.ends_with(text))
      ++count;
  }
  return count;
}
} // namespace

std::size_t mappings_of(const fs::path &file) {
  return mappings_that_end_with(" " + fs::canonical(file).string());
}
std::size_t old_mappings_of(const fs::path &file) {
  return mappings_that_end_with(" " + fs::weakly_canonical(file).string() + " (deleted)");
}

void replace(const fs::path &file, const fs::path &by) {
  const fs::path beside = file.string() + ".new";
  fs::copy_file(by, beside);
  fs::rename(beside, file);
}

namespace {
std::size_t entries_of(const char *folder) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}
} // namespace

std::size_t open_descriptors() {
  return entries_of("/proc/self/fd");
}
std::size_t threads() {
  return entries_of("/proc/self/task");
}

bool threads_come_down_to(std::size_t count) {
  return comes_true([count] { return threads() <= count; });
}

std::size_t anonymous_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("RssAnon:"))
      return std::stoul(line.substr(sizeof "RssAnon:" - 1));
  }
  throw std::runtime_error("/proc/self/status has no RssAnon");
}

} // namespace sdk_test
