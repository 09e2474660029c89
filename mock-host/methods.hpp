// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "settings.hpp"

namespace mistify::mock_host {

/// Prints which methods there are, of which plugin, and what they do. Returns the exit status.
int list_methods(const Settings &settings);

} // namespace mistify::mock_host
