// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "guest.hpp"

namespace mdocker::methods {

/// The body of the engine's create. nano_cpus: billionths of a CPU, 0 for no limit. devices: files
/// to map into the guest. instance and token: for kInstanceLabel and kCreateLabel; without one the
/// label is left out. The guest's memory is known to fit.
std::string create_body(const Guest &guest, std::uint64_t nano_cpus,
                        const std::vector<std::string> &devices, std::string_view instance = {},
                        std::string_view token = {});

/// The limit for that many CPUs on an engine that has cpus: none (0) for as many or more.
std::uint64_t nano_cpus(std::uint64_t wanted, std::uint64_t cpus) noexcept;

/// Those of the files that exist on this machine.
std::vector<std::string> present(const std::vector<std::string> &files);

/// What the engine answered to a create. Throws Error (engine) where it is something else.
struct Created {
  std::string id;
  std::vector<std::string> warnings;

  static Created parse(std::string_view body);
};

} // namespace mdocker::methods
