// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace mdocker::image {

/// The files that name the image in an archive.
enum class NamingFile { none, repositories, manifest, index };

/// Which of them a (plain) path is.
constexpr NamingFile naming_file(std::string_view path) noexcept {
  if (path == "repositories")
    return NamingFile::repositories;
  if (path == "manifest.json")
    return NamingFile::manifest;
  if (path == "index.json")
    return NamingFile::index;
  return NamingFile::none;
}

constexpr std::string_view name_of(NamingFile file) noexcept {
  switch (file) {
  case NamingFile::repositories:
    return "repositories";
  case NamingFile::manifest:
    return "manifest.json";
  case NamingFile::index:
    return "index.json";
  case NamingFile::none:
    break;
  }
  return "";
}

} // namespace mdocker::image
