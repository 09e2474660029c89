// SPDX-License-Identifier: Apache-2.0
//
// POSIX extended regular expressions: the compiler's own <regex> raises false alarms under
// sanitizers.
#pragma once

#include <string>

namespace wire {

/// Whether the text holds a match.
bool contains(const std::string &text, const std::string &pattern);
/// Whether the whole text is a match.
bool matches(const std::string &text, const std::string &pattern);

} // namespace wire
