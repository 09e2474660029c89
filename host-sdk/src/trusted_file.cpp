// SPDX-License-Identifier: Apache-2.0
#include "trusted_file.hpp"

#include "mistify/host.hpp"
#include "text.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace mistify::detail {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(LoadFailure failure, const fs::path &named, const std::string &what) {
  throw LoadError(failure, one_line(named.string()) + ": " + what);
}

std::string words(int error) {
  return std::generic_category().message(error);
}

[[noreturn]] void refuse_unseen(const fs::path &named, int error) {
  if (error == ENOENT || error == ENOTDIR)
    refuse(LoadFailure::no_such_file, named, "no such file");
  refuse(LoadFailure::not_loadable, named, "cannot be looked at: " + words(error));
}

std::string mode_of(const struct stat &state) {
  std::array<char, 16> out{};
  std::snprintf(out.data(), out.size(), "%04o", static_cast<unsigned>(state.st_mode) & 07777U);
  return out.data();
}

/// what: the words for the file or folder that was looked at.
void judge(const fs::path &named, const std::string &what, const struct stat &state) {
  const uid_t own = ::geteuid();
  if (state.st_uid != 0 && state.st_uid != own)
    refuse(LoadFailure::not_trusted, named,
           what + "belongs to user " + std::to_string(state.st_uid) + ", expected root" +
               (own == 0 ? "" : " or this process's user " + std::to_string(own)));
  const bool all = (state.st_mode & S_IWOTH) != 0;
  if (!all && (state.st_mode & S_IWGRP) == 0)
    return;
  // In a sticky folder nobody takes away what is another's, and anybody adds something.
  const bool sticky = S_ISDIR(state.st_mode) && (state.st_mode & S_ISVTX) != 0;
  refuse(LoadFailure::not_trusted, named,
         what + (all ? "may be written to by everyone" : "may be written to by its group") +
             " (mode " + mode_of(state) + (sticky ? ", and sticky does not help" : "") +
             "), expected its owner alone: chmod go-w");
}

/// Opens and judges it.
Descriptor trusted_folder(const fs::path &named, const fs::path &path) {
  Descriptor folder(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  struct stat state {};
  if (!folder || ::fstat(folder.get(), &state) != 0)
    refuse_unseen(named, errno);
  judge(named, "the folder " + one_line(path.string()) + " ", state);
  return folder;
}

fs::path without_links(const fs::path &named, const fs::path &path) {
  std::error_code failed;
  fs::path out = fs::canonical(path, failed);
  if (failed)
    refuse_unseen(named, failed.value());
  return out;
}

/// Before it is opened: opening a device may do something.
void require_regular(const fs::path &named, const struct stat &state) {
  if (S_ISREG(state.st_mode))
    return;
  refuse(LoadFailure::not_a_shared_object, named,
         S_ISDIR(state.st_mode) ? "is a folder, expected an ELF shared object"
                                : "is no regular file, expected an ELF shared object");
}

} // namespace

TrustedFile::TrustedFile(fs::path named)
    : named_(std::move(named)), path_(without_links(named_, named_)) {
  const fs::path holder = without_links(named_, named_.parent_path());
  if (holder != path_.parent_path())
    static_cast<void>(trusted_folder(named_, holder));
  const Descriptor folder = trusted_folder(named_, path_.parent_path());
  const std::string name = path_.has_filename() ? path_.filename().string() : ".";
  struct stat state {};
  if (::fstatat(folder.get(), name.c_str(), &state, AT_SYMLINK_NOFOLLOW) != 0)
    refuse_unseen(named_, errno);
  require_regular(named_, state);
  // O_NONBLOCK: a FIFO put there since must not hold us.
  file_ = Descriptor(
      ::openat(folder.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file_)
    refuse(LoadFailure::not_loadable, named_, "cannot be opened: " + words(errno));
  if (::fstat(file_.get(), &state) != 0)
    refuse_unseen(named_, errno);
  require_regular(named_, state);
  judge(named_, path_ == named_ ? "" : "leads to " + one_line(path_.string()) + ", which ", state);
  size_ = static_cast<std::uint64_t>(state.st_size);
  device_ = state.st_dev;
  inode_ = state.st_ino;
}

bool TrustedFile::read_at(std::uint64_t offset, void *to, std::size_t size) const noexcept {
  auto *at = static_cast<char *>(to);
  while (size > 0) {
    const ssize_t got = ::pread(file_.get(), at, size, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return false;
    at += got;
    offset += static_cast<std::uint64_t>(got);
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

void TrustedFile::require_unchanged() const {
  struct stat state {};
  if (::lstat(path_.c_str(), &state) != 0 || state.st_dev != device_ || state.st_ino != inode_)
    refuse(LoadFailure::not_trusted, named_, "was replaced while it was being loaded");
}

} // namespace mistify::detail
