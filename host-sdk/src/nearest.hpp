// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace mistify {

/// The one of known that takes the fewest single-character edits (Levenshtein) to become word; the
/// first of several. known is not empty.
std::string_view nearest(std::string_view word, std::span<const std::string_view> known);

} // namespace mistify
