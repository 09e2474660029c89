// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

namespace mistify::json {

/// How many bytes of a well-formed UTF-8 sequence stand at the begin of a text that is not empty;
/// 0: none.
std::size_t sequence_length(std::string_view text) noexcept;

} // namespace mistify::json
