// SPDX-License-Identifier: Apache-2.0
//
// The configuration: a JSON file, over it the environment, over that the flags.
#pragma once

#include "settings.hpp"

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mistify::mock_host {

/// What was given on the command line, as text; absent where it was not.
struct Flags {
  std::optional<std::uint16_t> port;
  std::optional<std::string> endpoint;
  std::optional<std::string> image_service;
  std::optional<std::string> cert_path;
  std::optional<std::string> log_level;
  std::optional<std::string> listen;
  std::optional<std::string> plugin_dir;
  std::optional<std::string> images;
  std::optional<std::string> token_file;
  std::vector<std::string> plugin_files;
  std::optional<std::string> config_file;
};

/// A configuration file's name and text.
struct ConfigFile {
  std::string name;
  std::string text;
};

/// Reads the file. Throws UsageError.
ConfigFile read_config_file(const std::filesystem::path &path);

/// Lays the sources over each other. environment: "NAME=value" each. Throws UsageError that names
/// the key or variable, what it was given and what was expected.
Settings merge(const std::optional<ConfigFile> &file, std::span<const std::string_view> environment,
               const Flags &flags);

} // namespace mistify::mock_host
