// SPDX-License-Identifier: Apache-2.0
//
// Which plugins are loaded, and which method is whose.
#pragma once

#include "mistify/host.hpp"
#include "plugin_instance.hpp"

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
  /// who must leave it; a plugin that is found but not entered is being taken down.
  struct Route {
    Plugin *plugin = nullptr; ///< NULL: there is no such thing.
    const Method *method = nullptr;
    bool inside = false;
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
  [[nodiscard]] Plugin *find_locked(std::string_view name) const;

  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, Entry, Hash, std::equal_to<>> methods_;
  std::vector<std::unique_ptr<Plugin>> plugins_;
};

} // namespace mistify::detail
