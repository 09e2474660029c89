// SPDX-License-Identifier: Apache-2.0
#include "core.hpp"

#include <string>
#include <utility>

namespace mistify::detail {

bool stop_plugin(Core &core, Plugin &plugin, Clock::time_point until, std::string_view phase) {
  const auto busy = [&](const std::string &with) {
    core.log.write(LogLevel::warning,
                   "the plugin " + plugin.name + " is busy still (" + with + ") and stays loaded");
    return false;
  };
  plugin.gate.close();
  if (!plugin.gate.wait_empty(until))
    return busy("a handler has not returned");
  if (!std::exchange(plugin.quiesced, true))
    plugin.api->quiesce(plugin.self);
  core.calls.cancel_all(
      plugin, "the plugin " + plugin.name + " is being " + std::string(phase) + "ed", phase);
  // All of its calls have been told by now, or somebody is about to, inside the gate.
  if (!plugin.gate.wait_empty(until))
    return busy("a cancel has not returned");
  const mistify_status status = plugin.api->stop(plugin.self, to_ns(until));
  if (status != MISTIFY_OK)
    return busy("stop returned " + std::to_string(status));
  if (const std::size_t left = core.calls.forget_all(plugin); left > 0)
    core.log.write(LogLevel::warning, "the plugin " + plugin.name + " stopped, but left " +
                                          std::to_string(left) + " calls open");
  return true;
}

} // namespace mistify::detail
