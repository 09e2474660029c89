// SPDX-License-Identifier: Apache-2.0
//
// What a plugin's progress object says, for people.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mistify::mock_host {

struct Progress {
  std::string
      label; ///< What is being done: its phase, its message, or both. No control characters.
  std::string count;          ///< "3 of 7", "1.5 of 3.0 MiB"; empty where nothing is counted.
  std::optional<double> part; ///< Of the total, from 0 to 1; none where that is not known.
};

/// Reads it. What is no JSON object, or says nothing that is known, is the label as it came.
Progress read_progress(std::string_view json);

/// As one line: "message (3 of 7)".
std::string progress_text(const Progress &progress);
/// The same with a bar, "message [=====>     ]  43% 3 of 7", in at most so many columns. Without a
/// bar where the total is not known, or the line is too short for one.
std::string progress_bar(const Progress &progress, std::size_t columns);

} // namespace mistify::mock_host
