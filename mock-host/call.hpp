// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "settings.hpp"

#include <optional>
#include <string>

namespace mistify::mock_host {

/// Makes one call in this process and prints what came of it. method may lack its service where
/// that is clear; params: JSON, "-" for standard input, none for {}. Returns the exit status.
int call(const Settings &settings, const std::string &method,
         const std::optional<std::string> &params);

} // namespace mistify::mock_host
