// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "settings.hpp"

#include <optional>

namespace mistify::mock_host {

/// Serves until SIGTERM or SIGINT; reloads the plugins at SIGHUP. ready_fd: is written the port and
/// a newline when serving, and closed. Returns the exit status; throws RunError and UsageError.
int serve(const Settings &settings, std::optional<int> ready_fd);

} // namespace mistify::mock_host
