// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "method.hpp"

#include <memory>
#include <string_view>

namespace mdocker::methods {

/// LoadImage: {"id"}. A UUID is fetched from the image service where the engine does not have it;
/// anything else is answered where the engine has it.
std::unique_ptr<Call> prepare_load_image(std::string_view params);

} // namespace mdocker::methods
