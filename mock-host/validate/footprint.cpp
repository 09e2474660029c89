// SPDX-License-Identifier: Apache-2.0
#include "footprint.hpp"

#include <charconv>
#include <fstream>
#include <iterator>
#include <malloc.h>
#include <unistd.h>

/// The sanitizers' allocator, where it takes the place of the C library's.
/// NOLINTNEXTLINE(bugprone-reserved-identifier): its name is not ours
extern "C" std::size_t __sanitizer_get_current_allocated_bytes() __attribute__((weak));

namespace mistify::mock_host::validation {

namespace fs = std::filesystem;

std::size_t threads() {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator("/proc/self/task"), fs::directory_iterator()));
}

std::map<int, std::string> descriptors() {
  std::map<int, std::string> out;
  const std::string this_folder = "/proc/" + std::to_string(::getpid()) + "/fd";
  for (const fs::directory_entry &entry : fs::directory_iterator("/proc/self/fd")) {
    const std::string name = entry.path().filename();
    int number = -1;
    std::from_chars(name.data(), name.data() + name.size(), number);
    std::error_code gone;
    const fs::path target = fs::read_symlink(entry.path(), gone);
    if (!gone && target.native() != this_folder)
      out.emplace(number, target.string());
  }
  return out;
}

std::size_t allocated_bytes() {
  if (__sanitizer_get_current_allocated_bytes != nullptr)
    return __sanitizer_get_current_allocated_bytes();
  const struct mallinfo2 info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

bool is_mapped(const fs::path &file) {
  std::ifstream maps("/proc/self/maps");
  const std::string end = " " + fs::canonical(file).string();
  for (std::string line; std::getline(maps, line);) {
    if (line.ends_with(end))
      return true;
  }
  return false;
}

} // namespace mistify::mock_host::validation
