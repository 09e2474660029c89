// SPDX-License-Identifier: Apache-2.0
//
// What a Host is made of. Its verbs are in host.cpp, its loading in loader.cpp, how a plugin is
// taken down in take_down.cpp, reloading in reload.cpp, what it offers to the plugins in
// host_services.cpp.
#pragma once

#include "calls.hpp"
#include "gate.hpp"
#include "logger.hpp"
#include "mistify/host.hpp"
#include "mistify/plugin.h"
#include "monotonic.hpp"
#include "plugin_instance.hpp"
#include "registry.hpp"

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string_view>

namespace mistify::detail {

class Core {
public:
  explicit Core(HostOptions given);
  Core(const Core &) = delete;
  Core &operator=(const Core &) = delete;

  const HostOptions options;
  Logger log;
  Bell bell;
  Registry registry;
  Calls calls;
  const mistify_host_api api;
  std::atomic<bool> going{false}; // shutdown() has begun: no new calls
};

/// The table that a plugin is given. The texts are those of the options, which must stay.
mistify_host_api make_host_api(const HostOptions &options) noexcept;

// All below: [control thread]

/// The ladder up to the names: maps the file, which must be an absolute path, and checks it. The
/// name must be free, or that of the plugin whose place it is to take. The configuration is fetched
/// too. Throws LoadError, after which nothing of it is left, and what the configuration throws.
std::unique_ptr<Plugin> map_plugin(Core &core, const std::filesystem::path &file,
                                   const Plugin *instead_of = nullptr);

/// The rest of the ladder: creates and starts an instance. Methods are not routed yet. Throws
/// LoadError, after which the Plugin is good for nothing but its end.
void begin_plugin(Core &core, Plugin &plugin);

/// Takes the instance down, in the order of mistify/plugin.h, up to stop(). False where it is busy
/// still when the time is up, which the log says; may be called again then. phase: "unload" or
/// "reload", for the callers that are cut short.
bool stop_plugin(Core &core, Plugin &plugin, Clock::time_point until, std::string_view phase);

/// Host::reload().
bool reload_plugin(Core &core, Plugin &plugin, std::chrono::nanoseconds drain,
                   std::chrono::nanoseconds stop);

} // namespace mistify::detail
