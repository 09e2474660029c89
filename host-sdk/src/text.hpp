// SPDX-License-Identifier: Apache-2.0
//
// Text that comes from a plugin: looked at with care, kept on one line.
#pragma once

#include "mistify/plugin.h"

#include <string>
#include <string_view>

namespace mistify::detail {

/// What the plugin lent. Empty where the pointer is NULL or the length is no length.
std::string_view borrowed(mistify_str text) noexcept;

inline mistify_str lend(std::string_view text) noexcept {
  return {text.data(), text.size()};
}

/// The text with control characters escaped ("\n", "\x1b"), so that it stays on one line.
std::string one_line(std::string_view text);

} // namespace mistify::detail
