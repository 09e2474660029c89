// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace mdocker::engine {

/// The versions of the Engine API that this client knows how to speak.
inline constexpr std::string_view kOldestApi = "1.24";
inline constexpr std::string_view kNewestApi = "1.52";

/// The highest version that both sides know. newest and oldest are the engine's own (oldest may be
/// empty: it says none). Throws Error naming the engine where there is none in common, or where
/// what the engine says is no version.
std::string choose_version(std::string_view newest, std::string_view oldest,
                           std::string_view engine);

} // namespace mdocker::engine
