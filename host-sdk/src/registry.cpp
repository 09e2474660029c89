// SPDX-License-Identifier: Apache-2.0
#include "registry.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

namespace mistify::detail {

Registry::Route Registry::enter_method(std::string_view name) {
  const std::shared_lock lock(mutex_);
  const auto found = methods_.find(name);
  if (found == methods_.end())
    return {};
  const Entry &entry = found->second;
  return {entry.plugin, entry.method, entry.plugin->gate.try_enter()};
}

Registry::Route Registry::enter_plugin(std::string_view name) {
  const std::shared_lock lock(mutex_);
  Plugin *plugin = find_locked(name);
  if (plugin == nullptr)
    return {};
  return {plugin, nullptr, plugin->gate.try_enter()};
}

bool Registry::has_method(std::string_view name) const {
  const std::shared_lock lock(mutex_);
  return methods_.contains(name);
}

std::vector<MethodInfo> Registry::methods() const {
  std::vector<MethodInfo> out;
  {
    const std::shared_lock lock(mutex_);
    out.reserve(methods_.size());
    for (const auto &[name, entry] : methods_)
      out.push_back(entry.method->info);
  }
  std::sort(out.begin(), out.end(),
            [](const MethodInfo &a, const MethodInfo &b) { return a.name < b.name; });
  return out;
}

std::vector<PluginInfo> Registry::plugins() const {
  const std::shared_lock lock(mutex_);
  std::vector<PluginInfo> out;
  out.reserve(plugins_.size());
  for (const auto &plugin : plugins_)
    out.push_back({plugin->name, plugin->version, plugin->file});
  return out;
}

void Registry::add(std::unique_ptr<Plugin> plugin) {
  const std::unique_lock lock(mutex_);
  for (const Method &method : plugin->methods)
    methods_.emplace(method.info.name, Entry{plugin.get(), &method});
  plugins_.push_back(std::move(plugin));
}

std::unique_ptr<Plugin> Registry::take(const Plugin &plugin) {
  const std::unique_lock lock(mutex_);
  for (const Method &method : plugin.methods)
    methods_.erase(method.info.name);
  const auto found = std::find_if(plugins_.begin(), plugins_.end(),
                                  [&](const auto &owned) { return owned.get() == &plugin; });
  std::unique_ptr<Plugin> taken = std::move(*found);
  plugins_.erase(found);
  return taken;
}

Plugin *Registry::find(std::string_view name) const {
  const std::shared_lock lock(mutex_);
  return find_locked(name);
}

Plugin *Registry::find_locked(std::string_view name) const {
  for (const auto &plugin : plugins_) {
    if (plugin->name == name)
      return plugin.get();
  }
  return nullptr;
}

const Plugin *Registry::owner_of(std::string_view method) const {
  const std::shared_lock lock(mutex_);
  const auto found = methods_.find(method);
  return found == methods_.end() ? nullptr : found->second.plugin;
}

std::vector<Plugin *> Registry::all() const {
  const std::shared_lock lock(mutex_);
  std::vector<Plugin *> out;
  out.reserve(plugins_.size());
  for (const auto &plugin : plugins_)
    out.push_back(plugin.get());
  return out;
}

} // namespace mistify::detail
