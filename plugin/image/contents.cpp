// SPDX-License-Identifier: Apache-2.0
#include "contents.hpp"

#include "naming_files.hpp"
#include "refuse.hpp"

#include <algorithm>
#include <array>

namespace mdocker::image {
namespace {

// So many of these at the top make a root file system.
constexpr std::size_t kSystemFolders = 3;
constexpr std::array<std::string_view, 18> kSystem{"bin",   "boot",  "dev", "etc", "home", "lib",
                                                   "lib64", "media", "mnt", "opt", "proc", "root",
                                                   "run",   "sbin",  "srv", "sys", "usr",  "var"};

// Engines put one of them into each container.
constexpr std::array<std::string_view, 2> kContainerFiles{".dockerenv", "run/.containerenv"};

bool is_system_folder(std::string_view name) noexcept {
  return std::find(kSystem.begin(), kSystem.end(), name) != kSystem.end();
}

constexpr unsigned kMostLinks = 8; // one after the other

// "../" where something else stands before it: what it leads to depends on what that is.
bool turns_back(std::string_view path) noexcept {
  while (path.starts_with("../") || path.starts_with("./"))
    path.remove_prefix(path.find('/') + 1);
  return path.find("/..") != std::string_view::npos;
}

bool is_utf8(const char *text, archive_entry *entry) {
  // libarchive has it as UTF-8 only where it could be read as such.
  return text != nullptr && archive_entry_pathname_utf8(entry) != nullptr;
}

} // namespace

std::optional<std::string> plain_path(std::string_view path) {
  if (path.starts_with('/'))
    return std::nullopt;
  std::string plain;
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, slash);
    path.remove_prefix(std::min(slash + 1, path.size()));
    if (part == "..") {
      if (plain.empty())
        return std::nullopt;
      const std::size_t parent = plain.rfind('/');
      plain.resize(parent == std::string::npos ? 0 : parent);
    } else if (!part.empty() && part != ".") {
      if (!plain.empty())
        plain += '/';
      plain += part;
    }
  }
  return plain;
}

void Contents::refuse(const std::string &why) const {
  refuse_file_system();
  image::refuse(kUnpack, why);
}

void Contents::refuse_file_system() const {
  if (!names_image_ && !container_sign_.empty())
    image::refuse(kUnpack, "the archive holds the files of a container (" + container_sign_ +
                               ", ...) and no image: an image is saved, not exported");
}

void Contents::note_top(std::string_view path) {
  if (std::find(kContainerFiles.begin(), kContainerFiles.end(), path) != kContainerFiles.end())
    container_sign_ = path;
  const std::string_view top = path.substr(0, path.find('/'));
  if (is_system_folder(top) && system_folders_.emplace(top).second &&
      system_folders_.size() == kSystemFolders && container_sign_.empty())
    container_sign_ = *system_folders_.begin() + "/";
  if (naming_file(path) != NamingFile::none)
    names_image_ = true;
}

// No image has such an entry below a folder of that name, and the first of a container may come
// before any other sign of it.
void Contents::note_container_entry(const std::string &path) {
  const std::string top = path.substr(0, path.find('/'));
  if (container_sign_.empty() && is_system_folder(top))
    container_sign_ = top + "/";
}

// A symlink is written from where it stands, a hard link from the top of the archive.
std::string Contents::link_target(const Added &entry, const char *target) {
  const std::string_view text = target != nullptr ? target : "";
  names_ += text.size();
  if (text.empty() || text.size() > limits_.name)
    refuse("the link " + shown(entry.path) + " in the archive has no target, or a too long one");
  std::optional<std::string> plain;
  if (!text.starts_with('/') && !turns_back(text)) {
    const std::size_t slash = entry.path.rfind('/');
    plain = plain_path(entry.type == Type::symlink && slash != std::string::npos
                           ? entry.path.substr(0, slash + 1) + std::string(text)
                           : std::string(text));
  }
  if (!plain) {
    note_container_entry(entry.path);
    refuse("the link " + shown(entry.path) + " leads out of the archive, to " + shown(text));
  }
  if (entry.type == Type::hardlink) {
    const auto known = known_.find(*plain);
    if (known == known_.end() || known->second.type == Type::folder)
      refuse("the hard link " + shown(entry.path) + " leads to no earlier file of the archive");
    check_parents(*plain);
  }
  return *plain;
}

// No entry lies below one that is no folder: that would be elsewhere once it is unpacked.
void Contents::check_parents(const std::string &path) const {
  for (std::size_t slash = path.find('/'); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    const std::string parent = path.substr(0, slash);
    const auto known = known_.find(parent);
    if ((known != known_.end() && known->second.type != Type::folder) ||
        naming_file(parent) != NamingFile::none || parent == kLayoutFile)
      refuse("the entry " + shown(path) + " of the archive lies below " + shown(parent) +
             ", which is no folder");
  }
}

void Contents::check_size(const std::string &path, std::uint64_t size) {
  if (size > limits_.entry || size > limits_.unpacked - unpacked_)
    refuse("the file " + shown(path) + " takes the archive beyond " +
           std::to_string(std::min(limits_.entry, limits_.unpacked)) + " bytes");
  unpacked_ += size;
}

Contents::Added Contents::add(archive_entry *entry) {
  const char *name = archive_entry_pathname(entry);
  if (!is_utf8(name, entry))
    refuse("an entry of the archive has a name that is no UTF-8");
  const std::string_view text = name;
  names_ += text.size();
  if (++entries_ > limits_.entries)
    refuse("the archive has more than " + std::to_string(limits_.entries) + " entries");
  if (text.empty() || text.size() > limits_.name)
    refuse("an entry of the archive has no name, or one above " + std::to_string(limits_.name) +
           " bytes");
  const std::optional<std::string> path = plain_path(text);
  // Engines differ in what they make of "a/../b".
  if (!path || ("/" + std::string(text) + "/").find("/../") != std::string::npos)
    refuse("the entry " + shown(text) + " leads out of the archive");
  note_top(*path);

  const la_int64_t size = archive_entry_size_is_set(entry) != 0 ? archive_entry_size(entry) : 0;
  Added added{*path, Type::file, static_cast<std::uint64_t>(std::max<la_int64_t>(size, 0))};
  if (archive_entry_hardlink(entry) != nullptr)
    added.type = Type::hardlink;
  else if (archive_entry_filetype(entry) == AE_IFDIR)
    added.type = Type::folder;
  else if (archive_entry_filetype(entry) == AE_IFLNK)
    added.type = Type::symlink;
  else if (archive_entry_filetype(entry) != AE_IFREG) {
    note_container_entry(*path);
    refuse("the entry " + shown(text) + " is a device, a pipe or a socket");
  }
  if (path->empty() && added.type != Type::folder)
    refuse("the entry " + shown(text) + " stands for the archive itself");
  if (size < 0 || (added.type != Type::file && size != 0))
    refuse("the entry " + shown(text) + " has a size, and is no file");
  if (archive_entry_sparse_count(entry) != 0)
    refuse("the file " + shown(text) + " in the archive has holes");
  check_parents(*path);
  check_size(*path, added.size);
  Known known{added.type, {}};
  if (added.type == Type::symlink)
    known.target = link_target(added, archive_entry_symlink(entry));
  else if (added.type == Type::hardlink)
    known.target = link_target(added, archive_entry_hardlink(entry));
  if (names_ > limits_.names)
    refuse("the names in the archive are longer than " + std::to_string(limits_.names) +
           " bytes together");
  if (!path->empty())
    known_.insert_or_assign(*path, std::move(known));
  return added;
}

bool Contents::has_file(std::string_view path) const {
  std::string at(path);
  for (unsigned links = 0; links < kMostLinks; ++links) {
    const auto known = known_.find(at);
    if (known == known_.end() || known->second.type == Type::folder)
      return false;
    if (known->second.type == Type::file)
      return true;
    at = known->second.target;
  }
  return false;
}

} // namespace mdocker::image
