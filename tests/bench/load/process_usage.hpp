// SPDX-License-Identifier: Apache-2.0
//
// What a process has used, as the kernel counts it.
#pragma once

#include <chrono>
#include <cstddef>

namespace load {

/// The time that the living threads of a process spent on a CPU. Throws std::runtime_error where
/// there is no such process.
std::chrono::nanoseconds cpu_time(int pid);

/// Its anonymous resident memory (RssAnon), in KiB. Throws as cpu_time().
std::size_t rss_anon_kib(int pid);

} // namespace load
