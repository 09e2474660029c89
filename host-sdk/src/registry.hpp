// SPDX-License-Identifier: Apache-2.0
//
// Which plugins are loaded, and which method is whose.
#pragma once

#include "mistify/host.hpp"
#include "plugin_instance.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mistify::detail {

class Registry {
public:
  /// The way to a plugin. Where `inside` is true the plugin's gate has been entered for the asker,
  /// who must leave it; where `hold` is set the call has to wait there; else a plugin that is found
  /// is being taken down.
  struct Route {
    Plugin *plugin = nullptr; ///< NULL: there is no such thing, or it is held.
    const Method *method = nullptr;
    bool inside = false;
    std::shared_ptr<Hold> hold = {};
    std::chrono::milliseconds default_deadline{0}; ///< Of a method that is held.
  };

  // [any thread]
  [[nodiscard]] Route enter_method(std::string_view name);
  [[nodiscard]] Route enter_plugin(std::string_view name);
  [[nodiscard]] bool has_method(std::string_view name) const;
  [[nodiscard]] std::vector<MethodInfo> methods() const;
  [[nodiscard]] std::vector<PluginInfo> plugins() const;

  // [control thread]
  /// Adds a plugin and its methods, whose names must be free.
  void add(std::unique_ptr<Plugin> plugin);
  /// Takes it out again. It must be loaded.
  [[nodiscard]] std::unique_ptr<Plugin> take(const Plugin &plugin);
  /// Puts another one of the same name in the place of a plugin, whose calls go on to wait if they
  /// do, and returns that plugin.
  [[nodiscard]] std::unique_ptr<Plugin> replace(const Plugin &plugin, std::unique_ptr<Plugin> with);
  /// From here on calls of the plugin wait.
  [[nodiscard]] std::shared_ptr<Hold> hold(Plugin &plugin);
  /// Ends the hold; whose calls it were, has them from here on.
  void lift(Hold &hold);
  /// The same, in one step, unless more than these have joined it. False where it goes on.
  [[nodiscard]] bool lift_after(Hold &hold, std::uint64_t joined);
  [[nodiscard]] Plugin *find(std::string_view name) const;
  /// Whose method that is; NULL where the name is free.
  [[nodiscard]] const Plugin *owner_of(std::string_view method) const;
  /// All plugins, in the order in which they were loaded.
  [[nodiscard]] std::vector<Plugin *> all() const;

private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>()(text);
    }
  };
  struct Entry {
    Plugin *plugin;
    const Method *method;
  };
  [[nodiscard]] static Route route_to(Plugin &plugin, const Method *method);
  [[nodiscard]] Plugin *find_locked(std::string_view name) const;
  [[nodiscard]] std::vector<std::unique_ptr<Plugin>>::iterator place_of(const Plugin &plugin);
  void add_methods(Plugin &plugin);
  void erase_methods(const Plugin &plugin);
  void lift_locked(const Hold &hold);

  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, Entry, Hash, std::equal_to<>> methods_;
  std::vector<std::unique_ptr<Plugin>> plugins_;
};

} // namespace mistify::detail
