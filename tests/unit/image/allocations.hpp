// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>

namespace mdocker::image::test {

/// Bytes of the largest piece of memory that this program has asked for since it was set to 0.
extern std::atomic<std::size_t> largest_allocation;

} // namespace mdocker::image::test
