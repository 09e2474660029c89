// SPDX-License-Identifier: Apache-2.0
//
// As much of HTTP's structured fields (RFC 8941) as digests need.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mdocker::image {

/// The members of a dictionary whose values are byte sequences, decoded; those of other values are
/// left out. Of equal keys the last counts, in its place. None where the text is no dictionary.
std::optional<std::vector<std::pair<std::string, std::string>>>
byte_sequences(std::string_view dictionary);

/// Decodes base64 with its padding (RFC 4648); none where it is not that.
std::optional<std::string> from_base64(std::string_view text);

} // namespace mdocker::image
