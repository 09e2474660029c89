// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "open_file.hpp"

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace mistify::mock_host {

/// A folder with images' archives, each named after its image's id, with or without one of the
/// usual suffixes: .tar, .tar.gz, .tgz ...
class ImageFolder {
public:
  /// Throws UsageError where it is no folder, or cannot be read.
  explicit ImageFolder(const std::filesystem::path &path);

  /// Why there is no archive to give, with HTTP's status for it.
  class Refusal : public std::runtime_error {
  public:
    Refusal(unsigned status, const std::string &why) : std::runtime_error(why), status_(status) {}
    [[nodiscard]] unsigned status() const noexcept { return status_; }

  private:
    unsigned status_;
  };

  /// Opens an image's archive. Only what is in the folder is opened, also where a link leads out of
  /// it. Throws Refusal.
  [[nodiscard]] OpenFile open(std::string_view id) const;

  struct Entry {
    std::string id;
    std::string file;
    std::uint64_t size;
  };
  /// What can be opened, by name. Throws Refusal.
  [[nodiscard]] std::vector<Entry> list() const;

private:
  [[nodiscard]] std::optional<OpenFile> open_file(const std::string &name) const;

  Descriptor folder_;
};

} // namespace mistify::mock_host
