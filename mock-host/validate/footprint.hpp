// SPDX-License-Identifier: Apache-2.0
//
// What this process holds.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>

namespace mistify::mock_host::validation {

std::size_t threads();

/// What each open descriptor refers to, by its number.
std::map<int, std::string> descriptors();

/// Bytes that are allocated and not freed.
std::size_t allocated_bytes();

/// Whether any of the file is mapped.
bool is_mapped(const std::filesystem::path &file);

} // namespace mistify::mock_host::validation
