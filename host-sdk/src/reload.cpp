// SPDX-License-Identifier: Apache-2.0
//
// A plugin's newer file takes the place of the older one, between two calls.
#include "core.hpp"
#include "errors.hpp"
#include "text.hpp"

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <utility>

namespace mistify::detail {
namespace {

// As long as more calls come while those that waited begin, they wait too, to keep the order. A
// crowd that comes faster than calls can begin is let in at last.
constexpr int kRounds = 10;

/// Has the calls of a plugin wait, as long as it lives. Those that wait still at its end are
/// refused.
class Holding {
public:
  Holding(Core &core, Plugin &plugin) : core_(core), hold_(core.registry.hold(plugin)) {}
  ~Holding() {
    core_.registry.lift(*hold_);
    core_.calls.refuse_held(*hold_, refusal_);
  }
  Holding(const Holding &) = delete;
  Holding &operator=(const Holding &) = delete;

  void refuse_with(Answer (*refusal)(std::string_view method)) noexcept { refusal_ = refusal; }

  /// The plugin, which has been routed, takes the calls that wait and all later ones.
  void release_into(Plugin &plugin) {
    for (int round = 0; round < kRounds; ++round) {
      const std::uint64_t joined = hold_->joined();
      core_.calls.release_held(*hold_, plugin);
      if (core_.registry.lift_after(*hold_, joined))
        return;
    }
    core_.registry.lift(*hold_);
    core_.calls.release_held(*hold_, plugin);
  }

private:
  Core &core_;
  std::shared_ptr<Hold> hold_;
  Answer (*refusal_)(std::string_view method) = &plugin_busy;
};

/// Lets the plugin end its calls.
void drain(Core &core, Plugin &plugin, Clock::time_point until) {
  plugin.gate.close(); // who is inside may be about to begin a call
  plugin.open.close();
  if (plugin.gate.wait_empty(until) && plugin.open.wait_empty(until))
    return;
  core.log.write(LogLevel::warning, "the plugin " + plugin.name +
                                        " has not ended its calls in time: they are cut short");
}

/// begin_plugin(); why it failed, or nothing.
std::optional<LoadError> failure_of(Core &core, Plugin &plugin) {
  try {
    begin_plugin(core, plugin);
    return std::nullopt;
  } catch (const LoadError &error) {
    return error;
  } catch (const std::exception &error) {
    return LoadError(LoadFailure::create_failed,
                     one_line(plugin.file.string()) + ": " + one_line(error.what()));
  }
}

/// Another instance of what is mapped for that plugin, with the configuration that it had.
std::unique_ptr<Plugin> another(Core &core, const Plugin &plugin) {
  auto out = std::make_unique<Plugin>(core, core.bell, plugin.library);
  out->api = plugin.api;
  out->file = plugin.file;
  out->name = plugin.name;
  out->version = plugin.version;
  out->config = plugin.config;
  return out;
}

/// Routes the plugin in the place of the other, whose instance is gone, and lets the calls in.
void serve(Core &core, Holding &holding, const Plugin &other, std::unique_ptr<Plugin> plugin) {
  Plugin &serving = *plugin;
  const std::unique_ptr<Plugin> gone = core.registry.replace(other, std::move(plugin));
  holding.release_into(serving);
}

[[noreturn]] void revive(Core &core, Holding &holding, Plugin &old, const LoadError &why) {
  std::unique_ptr<Plugin> again = another(core, old);
  if (const std::optional<LoadError> failed = failure_of(core, *again)) {
    again.reset();
    holding.refuse_with(&plugin_gone);
    const std::string name = old.name;
    core.registry.take(old).reset();
    throw LoadError(why.failure(), std::string(why.what()) +
                                       "; the older one could not be brought back (" +
                                       failed->what() + "): the plugin " + name + " is gone");
  }
  const std::string serving = again->name + " " + again->version;
  serve(core, holding, old, std::move(again));
  throw LoadError(why.failure(),
                  std::string(why.what()) + "; the older one serves again, " + serving);
}

} // namespace

bool reload_plugin(Core &core, Plugin &old, std::chrono::nanoseconds drain_time,
                   std::chrono::nanoseconds stop_time) {
  std::unique_ptr<Plugin> fresh = map_plugin(core, old.file, &old); // while the old one serves
  Holding holding(core, old);
  drain(core, old, after(drain_time));
  if (!stop_plugin(core, old, after(stop_time), "reload"))
    return false;
  old.destroy();
  if (const std::optional<LoadError> failed = failure_of(core, *fresh)) {
    fresh.reset();
    revive(core, holding, old, *failed);
  }
  const std::string what = fresh->name + " " + fresh->version + " from " + fresh->file.string() +
                           " (was " + old.version + ")";
  serve(core, holding, old, std::move(fresh));
  core.log.write(LogLevel::info, "reloaded the plugin " + what);
  return true;
}

} // namespace mistify::detail
