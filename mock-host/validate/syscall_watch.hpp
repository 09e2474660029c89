// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "verdict.hpp"

namespace mistify::mock_host::validation {

/// From now on this process ends with a finding, "what calls NAME", when it begins a thread or a
/// program, opens a socket, or changes a file or a folder. Cannot be undone. what must live as long
/// as the process. False where the kernel does not let us.
bool watch_system_calls(const Teller &tell, const char *what);

} // namespace mistify::mock_host::validation
