// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "log.hpp"

namespace mdocker::test {

/// Keeps nothing of what it is told.
class NoLog final : public Log {
public:
  [[nodiscard]] bool enabled(Level) const noexcept override { return false; }
  void write(Level, std::string_view, const Location &) const noexcept override {}
};

} // namespace mdocker::test
