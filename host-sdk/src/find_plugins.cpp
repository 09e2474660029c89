// SPDX-License-Identifier: Apache-2.0
#include "mistify/host.hpp"
#include "text.hpp"

#include <algorithm>
#include <set>

namespace mistify {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> shared_objects(const fs::path &folder) {
  std::vector<fs::path> files;
  try {
    for (const auto &entry : fs::directory_iterator(folder)) {
      if (entry.path().extension() == ".so")
        files.push_back(entry.path());
    }
  } catch (const fs::filesystem_error &cause) {
    const std::string path = detail::one_line(folder.string());
    if (cause.code() == std::errc::no_such_file_or_directory)
      throw LoadError(LoadFailure::no_such_file, path + ": no such folder");
    throw LoadError(LoadFailure::not_loadable,
                    path + ": cannot be read as a folder: " + cause.code().message());
  }
  std::sort(files.begin(), files.end());
  return files;
}

} // namespace

std::vector<fs::path> find_plugins(const std::vector<fs::path> &folders) {
  std::vector<fs::path> found;
  std::set<fs::path> names;
  for (const fs::path &folder : folders)
    for (fs::path &file : shared_objects(folder))
      if (names.insert(file.filename()).second)
        found.push_back(std::move(file));
  return found;
}

} // namespace mistify
