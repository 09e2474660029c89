// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace mistify::mock_host::validation {

/// Puts this process, which must have no other thread, out of reach of what the machine runs: it
/// gets a network without any link, and an empty /run. Throws RunError where the kernel does not
/// let us.
void isolate();

} // namespace mistify::mock_host::validation
