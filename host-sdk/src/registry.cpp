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
  return route_to(*found->second.plugin, found->second.method);
}

Registry::Route Registry::enter_plugin(std::string_view name) {
  const std::shared_lock lock(mutex_);
  Plugin *plugin = find_locked(name);
  if (plugin == nullptr)
    return {};
  return route_to(*plugin, nullptr);
}

Registry::Route Registry::route_to(Plugin &plugin, const Method *method) {
  if (!plugin.hold)
    return {.plugin = &plugin, .method = method, .inside = plugin.gate.try_enter()};
  // Without the plugin, which may be another one as soon as the lock is gone.
  Route route{.hold = plugin.hold};
  if (method != nullptr)
    route.default_deadline = method->info.default_deadline;
  return route;
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
  add_methods(*plugin);
  plugins_.push_back(std::move(plugin));
}

std::unique_ptr<Plugin> Registry::take(const Plugin &plugin) {
  const std::unique_lock lock(mutex_);
  erase_methods(plugin);
  const auto place = place_of(plugin);
  std::unique_ptr<Plugin> taken = std::move(*place);
  plugins_.erase(place);
  return taken;
}

std::unique_ptr<Plugin> Registry::replace(const Plugin &plugin, std::unique_ptr<Plugin> with) {
  const std::unique_lock lock(mutex_);
  erase_methods(plugin);
  add_methods(*with);
  with->hold = plugin.hold;
  return std::exchange(*place_of(plugin), std::move(with));
}

std::shared_ptr<Hold> Registry::hold(Plugin &plugin) {
  auto hold = std::make_shared<Hold>();
  const std::unique_lock lock(mutex_);
  plugin.hold = hold;
  return hold;
}

void Registry::lift(Hold &hold) {
  const std::unique_lock lock(mutex_);
  hold.end();
  lift_locked(hold);
}

bool Registry::lift_after(Hold &hold, std::uint64_t joined) {
  const std::unique_lock lock(mutex_);
  if (!hold.end_after(joined))
    return false;
  lift_locked(hold);
  return true;
}

void Registry::lift_locked(const Hold &hold) {
  for (const auto &plugin : plugins_) {
    if (plugin->hold.get() == &hold)
      plugin->hold.reset();
  }
}

void Registry::add_methods(Plugin &plugin) {
  for (const Method &method : plugin.methods)
    methods_.emplace(method.info.name, Entry{&plugin, &method});
}

void Registry::erase_methods(const Plugin &plugin) {
  for (const Method &method : plugin.methods)
    methods_.erase(method.info.name);
}

std::vector<std::unique_ptr<Plugin>>::iterator Registry::place_of(const Plugin &plugin) {
  return std::find_if(plugins_.begin(), plugins_.end(),
                      [&](const auto &owned) { return owned.get() == &plugin; });
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
