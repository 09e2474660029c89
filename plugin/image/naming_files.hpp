// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace mdocker::image {

/// Says that an archive has the layout of OCI. A containerd store goes by index.json only where it
/// is there.
inline constexpr std::string_view kLayoutFile = "oci-layout";
inline constexpr std::string_view kLayout = R"({"imageLayoutVersion":"1.0.0"})";

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
