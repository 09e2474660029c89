// SPDX-License-Identifier: Apache-2.0
#include "plugins.hpp"

#include "json.hpp"
#include "log.hpp"
#include "nearest.hpp"

#include <algorithm>

namespace mistify::mock_host {
namespace {

namespace fs = std::filesystem;

/// Where the plugins of the installation are that this program is part of, wherever that is by now.
/// The build has the same layout.
fs::path default_folder() {
  const fs::path program = fs::read_symlink("/proc/self/exe");
  return (program.parent_path() / MISTIFY_PLUGIN_DIR).lexically_normal();
}

void load_folders(Host &host, const std::vector<fs::path> &folders) {
  const std::vector<fs::path> files = find_plugins(folders);
  if (files.empty()) {
    std::string looked_in;
    for (const fs::path &folder : folders)
      looked_in += (looked_in.empty() ? "" : ":") + folder.string();
    throw RunError("no plugin found in " + looked_in +
                   "; expected a *.so there, or --plugin FILE or --plugin-dir DIR");
  }
  for (const fs::path &file : files)
    host.load(file);
}

void load_all(Host &host, const Settings &settings) {
  for (const fs::path &file : settings.plugin_files)
    host.load(file);
  if (!settings.plugin_path.empty()) {
    load_folders(host, settings.plugin_path);
  } else if (settings.plugin_files.empty()) {
    const fs::path folder = default_folder();
    if (!fs::is_directory(folder))
      throw RunError("no plugin found: " + folder.string() +
                     " is not there; expected --plugin FILE or --plugin-dir DIR");
    load_folders(host, {folder});
  }
}

/// A section for a plugin that is not there is most likely a misspelt one.
void check_sections(const Host &host, const Settings &settings) {
  const std::vector<PluginInfo> plugins = host.plugins();
  std::vector<std::string_view> names;
  names.reserve(plugins.size());
  for (const PluginInfo &plugin : plugins)
    names.emplace_back(plugin.name);
  for (const std::string &section : settings.named_sections)
    if (std::find(names.begin(), names.end(), section) == names.end())
      throw UsageError(settings.config_file + ": plugins." + section +
                       ": no plugin of that name is loaded; the nearest loaded one is " +
                       json::quoted(nearest(section, names)));
}

} // namespace

HostOptions host_options(const Settings &settings) {
  HostOptions options;
  options.name = "mistify-mock-host";
  options.version = MISTIFY_VERSION;
  options.log = &log_message;
  options.log_enabled = &log_enabled;
  options.config = [&settings](std::string_view plugin) -> std::string {
    const auto section = settings.sections.find(plugin);
    return section == settings.sections.end() ? "{}" : section->second;
  };
  options.answer_margin = settings.answer_margin;
  options.max_calls = settings.limits.calls;
  return options;
}

void load_plugins(Host &host, const Settings &settings) {
  try {
    load_all(host, settings);
  } catch (const LoadError &error) {
    // create() looks at the configuration and at nothing outside the process.
    if (error.failure() == LoadFailure::create_failed)
      throw UsageError(error.what());
    throw RunError(error.what());
  }
  check_sections(host, settings);
}

} // namespace mistify::mock_host
