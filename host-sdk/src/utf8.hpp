// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mistify::json {

/// How many bytes of a well-formed UTF-8 sequence stand at the begin of a text that is not empty;
/// 0: none.
std::size_t sequence_length(std::string_view text) noexcept;

/// Whether a text that is not empty begins with a control character of two bytes, U+0080 to U+009F:
/// terminals obey these as well.
bool begins_with_c1_control(std::string_view text) noexcept;

/// Somebody else's words as a part of a message: one line of well-formed UTF-8, whatever they are.
/// Control characters become spaces, bytes that are no UTF-8 become U+FFFD, white space at the end
/// goes; what is longer than most bytes ends with "..." there, with no half of a character.
std::string one_line(std::string_view text, std::size_t most = std::string_view::npos);

} // namespace mistify::json
