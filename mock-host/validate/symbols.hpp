// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace mistify::mock_host::validation {

struct Symbol {
  std::string name;
  bool unique; ///< STB_GNU_UNIQUE: keeps the library mapped for ever.
};

/// The dynamic symbols that an ELF shared object defines. Throws std::runtime_error where the file
/// is cut.
std::vector<Symbol> exported_symbols(const std::filesystem::path &file);

} // namespace mistify::mock_host::validation
