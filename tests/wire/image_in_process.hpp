// SPDX-License-Identifier: Apache-2.0
//
// The plugin in the test's own process, as an agent has it.
#pragma once

#include "image_service.hpp"
#include "json_at.hpp"

#include <mistify/host.hpp>

#include <string>
#include <string_view>

namespace wire {

/// For a host whose plugin asks that engine and that service. members: of its configuration, each
/// after a comma.
inline mistify::HostOptions in_process(const std::string &engine, const ImageService &service,
                                       const std::string &members = {}) {
  mistify::HostOptions options;
  options.config = [config = R"({"endpoint":)" + json_string(engine) + R"(,"image_service":)" +
                             json_string(service.address()) + R"(,"network":{"driver":"none"})" +
                             members + "}"](std::string_view) { return config; };
  return options;
}

} // namespace wire
