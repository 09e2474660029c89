// SPDX-License-Identifier: Apache-2.0
//
// Memory with nothing behind it, which can be taken away: whoever reads past its end, or after it
// was lent, crashes.
#pragma once

#include <cstddef>
#include <cstring>
#include <new>
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>

namespace mistify::mock_host::validation {

/// A copy of some bytes that ends where the accessible memory does. Bytes whose number is a
/// multiple of their alignment are aligned. They live as long as the process: one of a check is
/// short, and the plugin may use them to its end.
class GuardedBytes {
public:
  explicit GuardedBytes(std::string_view bytes) {
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    const std::size_t pages = (bytes.size() + page - 1) / page * page;
    size_ = pages + page;
    begin_ = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (begin_ == MAP_FAILED)
      throw std::bad_alloc();
    guard_ = static_cast<char *>(begin_) + pages;
    ::mprotect(guard_, page, PROT_NONE);
    copy_ = guard_ - bytes.size();
    if (!bytes.empty())
      std::memcpy(copy_, bytes.data(), bytes.size());
  }
  GuardedBytes(const GuardedBytes &) = delete;
  GuardedBytes &operator=(const GuardedBytes &) = delete;

  [[nodiscard]] void *data() const noexcept { return copy_; }
  [[nodiscard]] std::string_view text() const noexcept {
    return {copy_, static_cast<std::size_t>(guard_ - copy_)};
  }
  /// From now on nobody can read it. Its addresses are not used for anything else.
  void take_away() const noexcept { ::mprotect(begin_, size_, PROT_NONE); }

private:
  void *begin_;
  std::size_t size_;
  char *guard_;
  char *copy_;
};

} // namespace mistify::mock_host::validation
