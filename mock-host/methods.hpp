// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "settings.hpp"

namespace mistify::mock_host {

/// Prints which methods there are, of which plugin, and what they do: a table, or an OpenRPC
/// document. Returns the exit status.
int list_methods(const Settings &settings, bool json);

} // namespace mistify::mock_host
