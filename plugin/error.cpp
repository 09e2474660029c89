// SPDX-License-Identifier: Apache-2.0
#include "error.hpp"

namespace mdocker {

std::string_view kind_name(Kind kind) noexcept {
  switch (kind) {
  case Kind::invalid:
    return "invalid";
  case Kind::not_found:
    return "not_found";
  case Kind::conflict:
    return "conflict";
  case Kind::busy:
    return "busy";
  case Kind::unavailable:
    return "unavailable";
  case Kind::timeout:
    return "timeout";
  case Kind::cancelled:
    return "cancelled";
  case Kind::unknown_outcome:
    return "unknown_outcome";
  case Kind::engine:
    return "engine";
  case Kind::network:
    return "network";
  case Kind::internal:
    return "internal";
  }
  return "internal";
}

} // namespace mdocker
