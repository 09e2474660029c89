// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine.hpp"

#include <iosfwd>
#include <set>
#include <string>

namespace wire {

/// What an engine has: every name, and the id of every image, also of those without a name.
struct Holdings {
  std::set<std::string> names;
  std::set<std::string> ids;
  bool operator==(const Holdings &) const = default;
};
void PrintTo(const Holdings &holdings, std::ostream *out);
Holdings holdings(const EngineApi &engine);

} // namespace wire
