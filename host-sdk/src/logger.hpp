// SPDX-License-Identifier: Apache-2.0
//
// The way of all messages, the plugins' and the host's own, to HostOptions.log.
#pragma once

#include "mistify/host.hpp"

#include <functional>
#include <shared_mutex>
#include <string_view>

namespace mistify::detail {

class Logger {
public:
  using Write = decltype(HostOptions::log);
  using Enabled = decltype(HostOptions::log_enabled);

  Logger(Write write, Enabled enabled);

  /// [any thread] A plugin's message; what would break its line is escaped.
  void write(LogLevel level, std::string_view plugin, std::string_view file, int line,
             std::string_view message) noexcept;

  /// [any thread] The host's own.
  void write(LogLevel level, std::string_view message) noexcept {
    write(level, {}, {}, 0, message);
  }

  [[nodiscard]] bool enabled(LogLevel level) noexcept;

  /// No message is handed on after this has returned: for plugins that outlive their Host.
  void silence() noexcept;

private:
  std::shared_mutex mutex_;
  Write write_;
  Enabled enabled_;
};

} // namespace mistify::detail
