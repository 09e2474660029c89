// SPDX-License-Identifier: Apache-2.0
//
// What an archive holds: each entry's name and kind is checked as it comes, so that what an engine
// makes of the archive on its disk is what we have seen: nothing outside of it, nothing through a
// link, no file of another name that becomes one which names the image.
#pragma once

#include "limits.hpp"

#include <archive_entry.h>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

namespace mdocker::image {

/// "a/b" of "./a//b/"; none where it is absolute, or leaves the folder that it is in.
std::optional<std::string> plain_path(std::string_view path);

/// All of it throws Error (phase "unpack").
class Contents {
public:
  explicit Contents(const Limits &limits) : limits_(limits) {}

  enum class Type { file, folder, symlink, hardlink };
  struct Added {
    std::string path; ///< In plain form; empty for the archive's own folder.
    Type type;
    std::uint64_t size;
  };
  /// Checks the entry and remembers it.
  Added add(archive_entry *entry);

  /// Whether there is a file of that (plain) name, or a link that leads to one.
  [[nodiscard]] bool has_file(std::string_view path) const;
  [[nodiscard]] bool empty() const noexcept { return known_.empty(); }
  /// Where it looks like the files of a container and names no image, that is what is wrong with
  /// it, whatever else is.
  void refuse_file_system() const;

private:
  struct Known {
    Type type;
    std::string target; // of a link, in plain form
  };
  void check_size(const std::string &path, std::uint64_t size);
  std::string link_target(const Added &entry, const char *target);
  void check_parents(const std::string &path) const;
  void note_top(std::string_view path);
  void note_container_entry(const std::string &path);
  [[noreturn]] void refuse(const std::string &why) const;

  Limits limits_;
  std::unordered_map<std::string, Known> known_;
  std::set<std::string, std::less<>> system_folders_;
  std::string container_sign_; ///< What shows that it is the files of a container; may be empty.
  bool names_image_ = false;
  std::size_t entries_ = 0;
  std::size_t names_ = 0;
  std::uint64_t unpacked_ = 0;
};

} // namespace mdocker::image
