// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace mistify::mock_host {

/// The JSON object with the member at the dotted path set to the JSON value; objects on the way are
/// made. Other members stay as they are written. Throws std::invalid_argument where something on
/// the way is there and no object.
std::string with_member(std::string_view object, std::string_view path, std::string_view value);

} // namespace mistify::mock_host
