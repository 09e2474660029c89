// SPDX-License-Identifier: Apache-2.0
//
// Runs a check in a process of its own, so that whatever the plugin does ends with it.
#pragma once

#include "verdict.hpp"

#include <chrono>
#include <functional>

namespace mistify::mock_host::validation {

/// Runs body in a child process, which is killed with all that it has started when the time is up.
/// A Finding or NotApplicable that body throws, a crash, a process that ends by itself and one that
/// does not end become the verdict. The caller must have no other thread. Throws
/// std::system_error.
Verdict run_in_child(std::chrono::milliseconds time_limit,
                     const std::function<void(const Teller &)> &body);

} // namespace mistify::mock_host::validation
