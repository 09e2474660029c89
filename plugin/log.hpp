// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <experimental/source_location>
#include <string_view>

namespace mdocker {

/// Where a message comes from. Of <source_location> the linter's compiler knows nothing yet.
using Location = std::experimental::source_location;

/// Where the plugin's messages go: the host's log. [any thread]
class Log {
public:
  enum class Level { debug, info, warning, error };

  virtual ~Log() = default;
  /// Whether a message of this level would be kept: ask before building a costly one.
  [[nodiscard]] virtual bool enabled(Level level) const noexcept = 0;
  virtual void write(Level level, std::string_view message,
                     const Location &where) const noexcept = 0;

  void debug(std::string_view message, const Location &where = Location::current()) const noexcept {
    write(Level::debug, message, where);
  }
  void info(std::string_view message, const Location &where = Location::current()) const noexcept {
    write(Level::info, message, where);
  }
  void warning(std::string_view message,
               const Location &where = Location::current()) const noexcept {
    write(Level::warning, message, where);
  }
  void error(std::string_view message, const Location &where = Location::current()) const noexcept {
    write(Level::error, message, where);
  }
};

} // namespace mdocker
