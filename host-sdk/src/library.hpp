// SPDX-License-Identifier: Apache-2.0
//
// A plugin's file: the rungs of the ladder from "no such file" to "symbol absent".
#pragma once

#include "mistify/plugin.h"

#include <filesystem>
#include <memory>

namespace mistify::detail {

class TrustedFile;

/// A mapped shared object. Unmapped when the last object that refers to it is gone.
class Library {
public:
  /// Maps the file, which must be an absolute path. Throws LoadError.
  explicit Library(const std::filesystem::path &file);
  ~Library();
  Library(Library &&) noexcept;
  Library &operator=(Library &&) = delete;

  [[nodiscard]] mistify_entry entry() const noexcept { return entry_; }

private:
  struct Handle; // keeps Boost.DLL out of this header
  std::unique_ptr<Handle> handle_;
  mistify_entry entry_ = nullptr;
};

/// Throws LoadError unless the file is a complete ELF shared object of this machine's kind. The
/// dynamic linker would say "Bad file descriptor" to most of it, and a file that is cut inside a
/// segment it would map, to die of SIGBUS later.
void require_shared_object(const TrustedFile &file);

} // namespace mistify::detail
