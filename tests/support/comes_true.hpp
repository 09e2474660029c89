// SPDX-License-Identifier: Apache-2.0
//
// The wait for what tells nobody when it changes: a process's descriptors, the kernel's links.
#pragma once

#include <chrono>
#include <functional>
#include <thread>

namespace mdocker::test {

/// Whether it becomes true within the limit, which is long: what never comes true costs it, what
/// does costs what it takes. Looked at each millisecond, so that those who wait leave the
/// processors to those that they wait for.
inline bool comes_true(const std::function<bool()> &condition,
                       std::chrono::milliseconds limit = std::chrono::seconds(90)) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until)
      return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

} // namespace mdocker::test
