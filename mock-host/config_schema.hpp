// SPDX-License-Identifier: Apache-2.0
//
// The keys of the configuration: one table for file, environment and flags.
#pragma once

#include "settings.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mistify::mock_host {

enum class ValueType { text, count, boolean, list };

/// A key of the host's own.
struct HostKey {
  std::string_view path;     ///< In the file, dotted.
  std::string_view variable; ///< In the environment.
  ValueType type;            ///< text, count, or list: of strings
  std::uint64_t least = 0;   ///< Of a count.
  std::uint64_t most = 0;
  void (*store_count)(Settings &settings, std::uint64_t value) = nullptr;
  /// These throw std::invalid_argument that says what was expected.
  void (*store_text)(Settings &settings, const std::string &value) = nullptr;
  void (*store_list)(Settings &settings, std::vector<std::string> values) = nullptr;
};

/// A key of the main plugin that has a variable. The plugin itself knows and checks all of its
/// keys.
struct PluginKey {
  std::string_view path; ///< Inside the plugin's section, dotted.
  std::string_view variable;
  ValueType type;
};

/// A group of the main plugin's keys: what follows the prefix, in lower case, ends the path.
struct PluginKeyPrefix {
  std::string_view path;
  std::string_view variable;
};

std::span<const HostKey> host_keys() noexcept;
std::span<const PluginKey> plugin_keys() noexcept;
std::span<const PluginKeyPrefix> plugin_key_prefixes() noexcept;

const HostKey &host_key(std::string_view path);

/// Reads ADDRESS, ADDRESS:PORT, [V6] or [V6]:PORT into the settings; without a port theirs stays.
/// Throws std::invalid_argument.
void store_listen(Settings &settings, const std::string &value);

} // namespace mistify::mock_host
