// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "service.hpp"

#include <string>

namespace mdocker::image {

/// Where a server sends us from that path: changes the target's scheme and port, and returns the
/// path there, with its query. Throws Error (unavailable, phase "download") where that is another
/// host, is no http or https, or gives up TLS.
std::string follow_redirect(Target &target, const std::string &path, const std::string &location);

} // namespace mdocker::image
