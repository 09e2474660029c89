// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace wire {

/// Throws where a result of one of mdocker's methods is not as the schema says that the method is
/// registered with. [any thread]
void require_as_described(std::string_view method, std::string_view result);

} // namespace wire
