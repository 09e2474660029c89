// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace mistify::mock_host {

/// A wrong flag, variable, key or value: one line that names it and what was expected. Exit code 2.
class UsageError : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// What failed at run: one line. Exit code 1.
class RunError : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;

/// The plugin that the original daemon's flags and the environment speak of.
inline constexpr const char *kMainPlugin = "mdocker";

struct Limits {
  std::size_t body = 1U << 20U;           ///< Bytes of a request's body.
  std::size_t header = 16U << 10U;        ///< Bytes of a request's line and header fields.
  std::size_t connections = 4096;         ///< Open at once.
  std::size_t calls = 2048;               ///< In flight at once.
  std::chrono::milliseconds idle{60'000}; ///< Between requests, and from a request's first byte to
                                          ///< its last.
};

/// What the host runs with, after file, environment and flags.
struct Settings {
  std::string address = "127.0.0.1";
  std::uint16_t port = 30001;
  std::string log_level = "warning";
  std::vector<std::filesystem::path> plugin_path; ///< Folders; none: the installation's.
  std::vector<std::filesystem::path> plugin_files;
  std::optional<std::filesystem::path> token_file; ///< With what clients must show; none: nothing.
  std::vector<std::string> server_names;           ///< What clients may call this server, too.
  std::optional<std::filesystem::path> images; ///< The folder of the image service; none: no such.
  std::chrono::milliseconds answer_margin{2000};
  std::chrono::milliseconds drain{15'000};        ///< For connections, at the end.
  std::chrono::milliseconds reload_drain{15'000}; ///< For a plugin's calls, when it is reloaded.
  Limits limits;
  /// By plugin: its section, a JSON object, checked by the plugin itself.
  std::map<std::string, std::string, std::less<>> sections;
  /// The plugins that the configuration file has a section for, and the file.
  std::vector<std::string> named_sections;
  std::string config_file;
};

} // namespace mistify::mock_host
