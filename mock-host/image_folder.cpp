// SPDX-License-Identifier: Apache-2.0
#include "image_folder.hpp"

#include "settings.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

namespace mistify::mock_host {
namespace {

/// None comes last: what has a suffix and an id that ends like one is taken by its suffix.
constexpr std::array<std::string_view, 14> kSuffixes = {
    ".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst", ".tar", ".tgz", ".tbz2",
    ".tbz",    ".txz",     ".tzst",   ".gz",      ".xz",  ".zst", ""};

constexpr unsigned kForbidden = 403;
constexpr unsigned kNotFound = 404;
constexpr unsigned kAmbiguous = 409;
constexpr unsigned kFailed = 500;

/// As images and containers are named: nothing that means something in a path.
bool is_id(std::string_view text) noexcept {
  constexpr std::size_t kLongest = 200; // a suffix follows, and 255 is what file systems take
  const auto is_alnum = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  return !text.empty() && text.size() <= kLongest && is_alnum(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [&](char c) { return is_alnum(c) || c == '_' || c == '.' || c == '-'; });
}

std::string_view without_suffix(std::string_view name) noexcept {
  for (const std::string_view suffix : kSuffixes)
    if (name.size() > suffix.size() && name.ends_with(suffix))
      return name.substr(0, name.size() - suffix.size());
  return name;
}

/// Symbolic links are followed as long as they stay below the folder. Nothing waits: a pipe without
/// a writer opens too, and is refused by its kind.
int open_below(int folder, const std::string &name) {
  open_how how{};
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  return static_cast<int>(::syscall(SYS_openat2, folder, name.c_str(), &how, sizeof how));
}

ImageFolder::Refusal two_archives(std::string_view id, const std::string &one,
                                  const std::string &other) {
  return {kAmbiguous, "image " + std::string(id) + " has more than one archive: " + one + " and " +
                          other + ", expected one"};
}

} // namespace

ImageFolder::ImageFolder(const std::filesystem::path &path)
    : folder_(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (!folder_)
    throw UsageError("images " + path.string() + ": " + words_of(errno) +
                     ", expected a folder with images' archives");
}

/// Nothing where there is no such file.
std::optional<OpenFile> ImageFolder::open_file(const std::string &name) const {
  OpenFile file{Descriptor(open_below(folder_.get(), name)), 0};
  if (!file.descriptor) {
    if (errno == ENOENT)
      return std::nullopt;
    if (errno == EXDEV || errno == ELOOP)
      throw Refusal(kForbidden, name + " is a link that leads out of the folder, or nowhere");
    throw Refusal(kFailed, name + " cannot be opened: " + words_of(errno));
  }
  struct stat state {};
  if (::fstat(file.descriptor.get(), &state) != 0)
    throw Refusal(kFailed, name + " cannot be read: " + words_of(errno));
  if (!S_ISREG(state.st_mode))
    return std::nullopt; // an archive that was unpacked beside itself, say
  file.size = static_cast<std::uint64_t>(state.st_size);
  return file;
}

OpenFile ImageFolder::open(std::string_view id) const {
  if (!is_id(id))
    throw Refusal(kNotFound,
                  "no such image: an id is letters, digits, '_', '.' and '-', and begins "
                  "with a letter or digit");
  std::optional<OpenFile> found;
  std::string found_name;
  for (const std::string_view suffix : kSuffixes) {
    const std::string name = std::string(id).append(suffix);
    std::optional<OpenFile> file = open_file(name);
    if (!file)
      continue;
    if (found)
      throw two_archives(id, found_name, name);
    found = std::move(file);
    found_name = name;
  }
  if (!found)
    throw Refusal(kNotFound,
                  "no such image: the folder has no file " + std::string(id) +
                      ", alone or with .tar, .tar.gz, .tgz, .tar.xz, .tar.zst, .tar.bz2");
  return std::move(*found);
}

std::vector<ImageFolder::Entry> ImageFolder::list() const {
  // By its descriptor: the folder that was checked, also where another has its name by now.
  std::error_code failed;
  std::filesystem::directory_iterator entry("/proc/self/fd/" + std::to_string(folder_.get()),
                                            failed);
  std::vector<Entry> entries;
  for (; !failed && entry != std::filesystem::directory_iterator(); entry.increment(failed)) {
    const std::string name = entry->path().filename().string();
    const std::string_view id = without_suffix(name);
    if (!is_id(id))
      continue;
    try {
      if (const std::optional<OpenFile> file = open_file(name))
        entries.push_back({std::string(id), name, file->size});
    } catch (const Refusal &) {
      continue; // nothing that could be downloaded
    }
  }
  if (failed)
    throw Refusal(kFailed, "the folder cannot be read: " + failed.message());
  std::sort(entries.begin(), entries.end(),
            [](const Entry &a, const Entry &b) { return a.file < b.file; });
  return entries;
}

} // namespace mistify::mock_host
