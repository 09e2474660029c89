// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mistify/host.hpp"
#include "settings.hpp"

namespace mistify::mock_host {

/// The options of a Host that runs with these settings, which must outlive it.
HostOptions host_options(const Settings &settings);

/// Loads the plugins that the settings name, or those of the default folder. Throws RunError where
/// there is none or one does not load, UsageError where a plugin refuses its configuration or the
/// file configures a plugin that is not there.
void load_plugins(Host &host, const Settings &settings);

} // namespace mistify::mock_host
