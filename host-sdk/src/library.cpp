// SPDX-License-Identifier: Apache-2.0
#include "library.hpp"
#include "mistify/host.hpp"
#include "text.hpp"
#include "trusted_file.hpp"

#include <boost/dll/shared_library.hpp>

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

namespace mistify::detail {
namespace {

/// The dynamic linker's own words in what Boost.DLL throws.
std::string linker_words(const std::string &what) {
  static constexpr std::string_view kBefore = "(dlerror system message: ";
  const std::size_t before = what.find(kBefore);
  const std::size_t after = what.rfind(')');
  if (before == std::string::npos || after == std::string::npos || after < before)
    return one_line(what);
  const std::size_t begin = before + kBefore.size();
  return one_line(std::string_view(what).substr(begin, after - begin));
}

/// The path in a spelling that was never used before. The dynamic linker knows what it has mapped
/// by the names that it was asked for, and would hand out the old file for the path of a newer one
/// as long as the old one is mapped. A file that has not changed it finds by its inode all the
/// same.
std::filesystem::path spelt_anew(const std::filesystem::path &file) {
  static std::atomic<std::uint64_t> spellings{0};
  std::string folder = file.parent_path().native() + "/";
  for (std::uint64_t bits = spellings.fetch_add(1); bits != 0; bits >>= 1U)
    folder += (bits & 1U) != 0 ? "./" : "/";
  return folder + file.filename().native();
}

/// Without the path in front of them, which our own message begins with.
std::string without_path(std::string words, const std::string &path) {
  const std::string prefix = path + ": ";
  if (words.starts_with(prefix))
    words.erase(0, prefix.size());
  return words;
}

} // namespace

struct Library::Handle {
  boost::dll::shared_library library;
};

Library::Library(const std::filesystem::path &file) : handle_(std::make_unique<Handle>()) {
  const TrustedFile trusted(file);
  require_shared_object(trusted);
  const std::string path = file.string();
  const std::filesystem::path spelling = spelt_anew(trusted.path());
  try {
    handle_->library.load(spelling,
                          boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local);
  } catch (const std::system_error &error) {
    throw LoadError(LoadFailure::not_loadable,
                    path + ": cannot be loaded: " +
                        without_path(linker_words(error.what()), spelling.string()));
  }
  trusted.require_unchanged();
  if (!handle_->library.has(MISTIFY_ENTRY_SYMBOL))
    throw LoadError(LoadFailure::symbol_absent, path +
                                                    ": exports no " MISTIFY_ENTRY_SYMBOL
                                                    " (not a plugin, or of another major version)");
  entry_ = &handle_->library.get<std::remove_pointer_t<mistify_entry>>(MISTIFY_ENTRY_SYMBOL);
}

Library::~Library() = default;
Library::Library(Library &&) noexcept = default;

} // namespace mistify::detail
