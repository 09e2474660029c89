// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <descriptor.hpp>

#include <cstdint>
#include <string>
#include <system_error>

namespace mistify::mock_host {

/// What an errno means.
inline std::string words_of(int error) {
  return std::system_category().message(error);
}

/// A file that is read from its begin, and the size that it had when it was opened.
struct OpenFile {
  Descriptor descriptor;
  std::uint64_t size = 0;
};

} // namespace mistify::mock_host
