// SPDX-License-Identifier: Apache-2.0
//
// Whose a plugin's file is: what is loaded runs with all that this process may do.
#pragma once

#include "descriptor.hpp"

#include <cstdint>
#include <filesystem>

#include <sys/types.h>

namespace mistify::detail {

/// An open regular file, in a folder, that nobody but root and this process's user (its effective
/// one) may write to. Access control lists count as well: what they grant at most is in the bits of
/// the group. The folders above that one are not judged, as sudo does not for its plugins: a
/// checkout or a home that belongs to someone else holds what root has built in it. That the file
/// was not exchanged by who may rename such a folder is what require_unchanged() is for.
class TrustedFile {
public:
  /// The path must be absolute; links are followed, and the folder of the first one is judged too.
  /// Throws LoadError that begins with the path.
  explicit TrustedFile(std::filesystem::path named);

  /// As it was given, for messages.
  [[nodiscard]] const std::filesystem::path &named() const noexcept { return named_; }
  /// Without links.
  [[nodiscard]] const std::filesystem::path &path() const noexcept { return path_; }
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  /// Whether that many bytes are there.
  [[nodiscard]] bool read_at(std::uint64_t offset, void *to, std::size_t size) const noexcept;

  /// Throws LoadError where another file has the path by now.
  void require_unchanged() const;

private:
  std::filesystem::path named_;
  std::filesystem::path path_;
  Descriptor file_;
  std::uint64_t size_ = 0;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

} // namespace mistify::detail
