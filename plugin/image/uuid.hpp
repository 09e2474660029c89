// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mdocker::image {

/// Reads a UUID, 8-4-4-4-12 hexadecimal digits in any case, and returns it in lower case, as
/// engines have their repositories. None for anything else.
std::optional<std::string> parse_uuid(std::string_view text);

} // namespace mdocker::image
