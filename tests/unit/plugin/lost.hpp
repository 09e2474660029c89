// SPDX-License-Identifier: Apache-2.0
//
// Answers that never come.
#pragma once

#include "life.hpp"

namespace mdocker::test {

inline constexpr auto kShort = 800ms; // a look and a change, also where all is slow

enum class Lost { silent, broken, ending };

inline Reply lost(Lost how) {
  switch (how) {
  case Lost::silent:
    return Reply().hang();
  case Lost::ending:
    return refusal(503, "the engine is shutting down");
  default:
    return Reply().close();
  }
}

inline std::string detail(const Error &error, std::string_view name) {
  for (const auto &[key, value] : error.details())
    if (key == name)
      return value;
  return {};
}

inline Reply is(const std::string &state) {
  return answer(200, guest_g1(state));
}

} // namespace mdocker::test
