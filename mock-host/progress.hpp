// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace mistify::mock_host {

/// What a plugin's progress object says, as one line: "message (3 of 7)".
std::string progress_text(std::string_view json);

/// Shows how far a call is on standard error: one line that is written over where that is a
/// terminal, else a line each time that the text changes.
class ProgressLine {
public:
  ProgressLine();
  void show(std::string_view json);
  /// Leaves the terminal's line free.
  void end();

private:
  bool terminal_;
  std::string last_;
};

} // namespace mistify::mock_host
