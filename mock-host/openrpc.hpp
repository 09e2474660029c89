// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mistify/host.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mistify::mock_host {

/// The method that answers with the description of all others (OpenRPC, "Service Discovery
/// Method").
inline constexpr std::string_view kDiscover = "rpc.discover";

/// The OpenRPC 1.3.2 document of these methods, whose only parameter is the one struct that each of
/// them takes. Each schema has an id of its own, so that its references stay its own. Beside what
/// OpenRPC knows, a method has "x-plugin", "x-read-only" and, where it has a deadline,
/// "x-default-deadline-ms".
std::string openrpc_document(const std::vector<MethodInfo> &methods);

} // namespace mistify::mock_host
