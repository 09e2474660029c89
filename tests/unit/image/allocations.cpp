// SPDX-License-Identifier: Apache-2.0
//
// Apart from its users: a compiler that sees both takes them for a mismatch.
#include "allocations.hpp"

#include <cstdlib>
#include <new>

namespace mdocker::image::test {

std::atomic<std::size_t> largest_allocation{0};

} // namespace mdocker::image::test

void *operator new(std::size_t size) {
  std::atomic<std::size_t> &largest = mdocker::image::test::largest_allocation;
  std::size_t known = largest;
  while (known < size && !largest.compare_exchange_weak(known, size)) {
  }
  if (void *memory = std::malloc(size))
    return memory;
  throw std::bad_alloc();
}

void operator delete(void *memory) noexcept {
  std::free(memory);
}

void operator delete(void *memory, std::size_t) noexcept {
  std::free(memory);
}
