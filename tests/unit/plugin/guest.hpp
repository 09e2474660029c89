// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "methods/guests.hpp"

#include "support.hpp"

#include <string_view>

namespace mdocker::methods {

/// The guest that this text of a request describes.
inline Guest guest(std::string_view text) {
  return decode_guest(json::parse(text), Path("guest"));
}

} // namespace mdocker::methods
