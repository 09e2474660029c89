// SPDX-License-Identifier: Apache-2.0
//
// A plugin on strings. The test that loads it gives it the address of a Puppet as its
// configuration, and so decides what each of its functions does.
#pragma once

#include "mistify/plugin.h"

#include <cstdint>
#include <functional>
#include <string>

/// Lives in the test, longer than the plugin. A function that is not set does nothing, and
/// succeeds.
struct Puppet {
  const mistify_host_api *api = nullptr; // set by create()
  mistify_host *host = nullptr;

  std::function<mistify_status(mistify_sink reason, void *ctx)> on_create;
  std::function<mistify_status(mistify_sink reason, void *ctx)> on_start;
  std::function<void(const mistify_request &)> on_call;  // Puppet.Change, Puppet.Read, Puppet.Timed
  std::function<void(const mistify_request &)> on_check; // not set: {"ready":false}
  std::function<void(mistify_call)> on_cancel;
  std::function<void()> on_quiesce;
  std::function<mistify_status(std::int64_t deadline_ns)> on_stop;
  std::function<void()> on_destroy;

  /// The configuration that hands this object over.
  [[nodiscard]] std::string config() const {
    return "{\"puppet\":\"" + std::to_string(reinterpret_cast<std::uintptr_t>(this)) + "\"}";
  }
};

/// The default deadline of Puppet.Timed. The other methods have none.
inline constexpr std::int64_t kPuppetDeadlineMs = 60;
