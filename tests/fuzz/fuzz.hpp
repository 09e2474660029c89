// SPDX-License-Identifier: Apache-2.0
//
// What the fuzz targets share. Each has one entry, LLVMFuzzerTestOneInput, and ends the process
// where something does not hold that has to hold for any bytes.
#pragma once

#include <utf8.hpp>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size);

namespace fuzz {

/// about: what does not hold, for whoever looks at the finding.
inline void require(bool holds, const char *what, std::string_view about = {}) {
  if (holds)
    return;
  std::fprintf(stderr, "%s: %.*s\n", what, static_cast<int>(about.size()), about.data());
  std::abort();
}

/// Text for people: one line of well-formed UTF-8, and not nothing.
inline void require_line(std::string_view text) {
  require(!text.empty(), "an empty message");
  require(mistify::json::one_line(text) == text, "a message that is no line of UTF-8", text);
}

/// The input: its first byte is a choice among cases, the rest is the text, in memory of its own,
/// so that a sanitizer sees who reads past its end.
class Input {
public:
  Input(const std::uint8_t *data, std::size_t size)
      : choice_(size == 0 ? 0 : data[0]), size_(size == 0 ? 0 : size - 1),
        bytes_(std::make_unique<char[]>(size_)) {
    for (std::size_t i = 0; i < size_; ++i)
      bytes_[i] = static_cast<char>(data[i + 1]);
  }
  [[nodiscard]] unsigned choice() const noexcept { return choice_; }
  [[nodiscard]] std::string_view text() const noexcept { return {bytes_.get(), size_}; }

private:
  unsigned choice_;
  std::size_t size_;
  std::unique_ptr<char[]> bytes_;
};

/// Calls back with the text in blocks of that many bytes.
template <class Take> void in_blocks(std::string_view text, std::size_t block, Take take) {
  for (; !text.empty(); text.remove_prefix(block < text.size() ? block : text.size()))
    take(text.substr(0, block));
}

} // namespace fuzz
