// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace mistify::mock_host {

/// Well-formed JSON with line breaks and two spaces of indentation; every number and string stays
/// as it is written.
std::string pretty(std::string_view json);

} // namespace mistify::mock_host
