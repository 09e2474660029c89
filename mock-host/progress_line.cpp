// SPDX-License-Identifier: Apache-2.0
#include "progress_line.hpp"

#include <cstdlib>
#include <iostream>

#include <sys/ioctl.h>
#include <unistd.h>

namespace mistify::mock_host {
namespace {

constexpr const char *kClear = "\r\033[K";

bool is_terminal() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing here sets a variable
  const char *kind = std::getenv("TERM");
  return isatty(STDERR_FILENO) == 1 && (kind == nullptr || std::string_view(kind) != "dumb");
}

// The terminal's width now, less the column in which a full line would wrap.
std::size_t columns() {
  constexpr std::size_t kUsual = 80;
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
    return kUsual - 1;
  return size.ws_col - 1U;
}

} // namespace

bool ProgressPace::is_due(const Progress &progress, Clock::time_point now) {
  using namespace std::chrono_literals;
  constexpr double kTenths = 10;
  const int tenths = static_cast<int>(progress.part.value_or(0) * kTenths);
  const bool complete = progress.part.value_or(0) >= 1;
  const bool is_news = first_ || progress.label != label_ || complete != complete_;
  const bool is_time = now - shown_ >= (terminal_ ? Clock::duration(100ms) : Clock::duration(5s));
  if (!is_news && !is_time && (terminal_ || tenths == tenths_))
    return false;
  first_ = false;
  label_ = progress.label;
  tenths_ = tenths;
  complete_ = complete;
  shown_ = now;
  return true;
}

ProgressLine::ProgressLine() : terminal_(is_terminal()), pace_(terminal_) {}

void ProgressLine::show(std::string_view json) {
  const Progress progress = read_progress(json);
  std::string text = terminal_ ? progress_bar(progress, columns()) : progress_text(progress);
  if (text == last_) {
    pending_.clear();
    return;
  }
  if (!pace_.is_due(progress, ProgressPace::Clock::now())) {
    pending_ = std::move(text);
    return;
  }
  pending_.clear();
  last_ = std::move(text);
  if (terminal_)
    std::cerr << kClear << last_ << std::flush;
  else
    std::cerr << last_ << '\n';
}

void ProgressLine::end() {
  if (terminal_ && !last_.empty())
    std::cerr << kClear << std::flush;
  else if (!pending_.empty())
    std::cerr << pending_ << '\n';
  last_.clear();
  pending_.clear();
}

} // namespace mistify::mock_host
