// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "progress.hpp"

#include <chrono>

namespace mistify::mock_host {

/// Which of many progress objects are shown: plugins may tell more than a terminal can draw, and
/// far more than a log should hold.
class ProgressPace {
public:
  using Clock = std::chrono::steady_clock;
  explicit ProgressPace(bool terminal) : terminal_(terminal) {}

  /// Whether this one is: it says something else than before, is complete, or its time has come. On
  /// a terminal that is ten times a second, else with each tenth of the total, and after 5 s.
  bool is_due(const Progress &progress, Clock::time_point now);

private:
  bool terminal_;
  bool first_ = true;
  std::string label_;
  int tenths_ = 0;
  bool complete_ = false;
  Clock::time_point shown_{};
};

/// Shows how far a call is on standard error: one line with a bar that is drawn over where that is
/// a terminal, else plain lines.
class ProgressLine {
public:
  ProgressLine();
  void show(std::string_view json);
  /// Leaves the terminal's line free; else shows the last one, where it was left out.
  void end();

private:
  bool terminal_;
  ProgressPace pace_;
  std::string last_;    ///< As it was shown.
  std::string pending_; ///< Left out so far.
};

} // namespace mistify::mock_host
