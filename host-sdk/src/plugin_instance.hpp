// SPDX-License-Identifier: Apache-2.0
//
// One loaded plugin: its mapping, its table, its instance, its methods.
#pragma once

#include "gate.hpp"
#include "hold.hpp"
#include "library.hpp"
#include "mistify/host.hpp"
#include "mistify/plugin.h"

#include <atomic>
#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace mistify::detail {
class Core;
struct Plugin;
} // namespace mistify::detail

/// What a plugin is given as its host: one for each plugin, so that the host knows who speaks.
struct mistify_host {
  mistify::detail::Core *core;
  mistify::detail::Plugin *plugin;
};

namespace mistify::detail {

/// A method as it was registered. Lives as long as its plugin.
struct Method {
  MethodInfo info;
  mistify_handler handler = nullptr;
  void *user = nullptr;
};

struct Plugin {
  Plugin(Core &core, Bell &bell, std::shared_ptr<const Library> mapped)
      : library(std::move(mapped)), host{&core, this}, gate(bell), open(bell) {}
  /// Destroys the instance, then unmaps. Only where the ABI allows destroy().
  ~Plugin() { destroy(); }
  Plugin(const Plugin &) = delete;
  Plugin &operator=(const Plugin &) = delete;

  /// The instance alone; what its methods were can be read still.
  void destroy() noexcept {
    if (self != nullptr)
      api->destroy(std::exchange(self, nullptr));
  }

  /// NULL where it has no method of that name.
  [[nodiscard]] const Method *find(std::string_view method) const noexcept {
    for (const Method &own : methods) {
      if (own.info.name == method)
        return &own;
    }
    return nullptr;
  }

  std::shared_ptr<const Library> library; // first: unmapped last
  const mistify_plugin_api *api = nullptr;
  std::filesystem::path file;
  std::string name;
  std::string version;
  std::string config;
  mistify_host host;
  mistify_plugin *self = nullptr;

  std::atomic<bool> creating{false}; // inside create(): methods may be registered
  std::deque<Method> methods;        // complete, and never changed, once create() has returned
  std::optional<std::string> taken_method; // one that create() tried to register, with who has it

  Gate gate;
  Gate open;                  // counts its open calls; closed so that their end can be waited for
  std::shared_ptr<Hold> hold; // where its calls wait; the registry's lock guards it
  bool quiesced = false;      // [control thread]
};

} // namespace mistify::detail
