// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../settings.hpp"

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace mistify::mock_host {

struct ValidateOptions {
  std::filesystem::path file;
  std::vector<std::string> checks; ///< Only these; none: all.
  std::chrono::seconds time_limit{60};
  bool json = false;
  bool unconfined = false; ///< The plugin may reach what the machine runs.
};

/// Holds a plugin against what the ABI promises, each check in a process of its own, and prints
/// what it came to. Returns the exit status: 0, or 1 where a check failed. Throws UsageError for an
/// unknown check, RunError where the file is not there or the plugin cannot be kept from the
/// machine's engine and network.
int validate(const Settings &settings, const ValidateOptions &options);

} // namespace mistify::mock_host
