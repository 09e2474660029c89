// SPDX-License-Identifier: Apache-2.0
//
// What a Host is made of. Its verbs are in host.cpp, its loading in loader.cpp, what it offers to
// the plugins in host_services.cpp.
#pragma once

#include "calls.hpp"
#include "gate.hpp"
#include "logger.hpp"
#include "mistify/host.hpp"
#include "mistify/plugin.h"
#include "plugin_instance.hpp"
#include "registry.hpp"

#include <atomic>
#include <filesystem>
#include <memory>

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

/// Climbs the ladder with one file: maps, checks, creates and starts it. Throws LoadError, after
/// which nothing of it is left. Methods are not routed yet.
std::unique_ptr<Plugin> climb(Core &core, const std::filesystem::path &file);

} // namespace mistify::detail
