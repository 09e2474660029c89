// SPDX-License-Identifier: Apache-2.0
#include "logger.hpp"
#include "text.hpp"

#include <mutex>
#include <utility>

namespace mistify::detail {

Logger::Logger(Write write, Enabled enabled)
    : write_(std::move(write)), enabled_(std::move(enabled)) {}

void Logger::write(LogLevel level, std::string_view plugin, std::string_view file, int line,
                   std::string_view message) noexcept {
  try {
    const std::shared_lock lock(mutex_);
    if (write_)
      write_(level, plugin, one_line(file), line, one_line(message));
  } catch (...) {
    // A log that cannot be written must not take the plugin's thread down; there is nowhere left to
    // say so.
    return;
  }
}

bool Logger::enabled(LogLevel level) noexcept {
  try {
    const std::shared_lock lock(mutex_);
    return write_ && (!enabled_ || enabled_(level));
  } catch (...) {
    return true;
  }
}

void Logger::silence() noexcept {
  Write write;
  Enabled enabled;
  const std::unique_lock lock(mutex_);
  write_.swap(write);
  enabled_.swap(enabled);
}

} // namespace mistify::detail
