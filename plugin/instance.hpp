// SPDX-License-Identifier: Apache-2.0
//
// Which of several hosts on one engine a guest belongs to.
#pragma once

#include <string>
#include <string_view>

namespace mdocker {

/// Whether it may be an instance's id: [a-zA-Z0-9_.-], 1 to 64 of them.
bool is_instance(std::string_view text) noexcept;

/// The id of this machine's instance, for who is told none: always the same, and its own as long as
/// the machine has an id. That id itself cannot be read out of it.
std::string default_instance();

} // namespace mdocker
