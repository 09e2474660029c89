// SPDX-License-Identifier: Apache-2.0
//
// The ladder that a plugin climbs, one check a rung. library.cpp has the rungs up to the symbol.
#include "core.hpp"
#include "json.hpp"
#include "text.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

namespace mistify::detail {
namespace {

constexpr std::size_t kMaxPluginName = 64;
constexpr std::size_t kShownVersion = 128;

[[noreturn]] void refuse(LoadFailure failure, const std::filesystem::path &file,
                         const std::string &what) {
  throw LoadError(failure, one_line(file.string()) + ": " + what);
}

/// Where a plugin leaves its reason.
struct Reason {
  std::string text;

  static void take(void *ctx, mistify_str value) noexcept {
    try {
      static_cast<Reason *>(ctx)->text = one_line(borrowed(value));
    } catch (...) {
      static_cast<Reason *>(ctx)->text.clear();
    }
  }
  [[nodiscard]] std::string of(const char *function, mistify_status status) const {
    if (!text.empty())
      return text;
    return std::string(function) + " failed with status " + std::to_string(status) +
           " and gave no reason";
  }
};

void check_version(const std::filesystem::path &file, const mistify_plugin_api *api) {
  if (api == nullptr)
    refuse(LoadFailure::no_table, file, MISTIFY_ENTRY_SYMBOL " returned no table");
  if (!MISTIFY_COVERS(mistify_plugin_api, api, abi_minor))
    refuse(LoadFailure::table_too_short, file,
           "the table of " + std::to_string(api->struct_size) +
               " bytes is too short for a version");
  if (api->abi_major != MISTIFY_ABI_MAJOR)
    refuse(LoadFailure::major_differs, file,
           "is built for version " + std::to_string(api->abi_major) + "." +
               std::to_string(api->abi_minor) + " of the plugin ABI, this host speaks version " +
               std::to_string(MISTIFY_ABI_MAJOR));
  // Version 1.0 ends with get_extension.
  if (!MISTIFY_COVERS(mistify_plugin_api, api, get_extension))
    refuse(LoadFailure::table_too_short, file,
           "the table has " + std::to_string(api->struct_size) + " bytes, version 1 has at least " +
               std::to_string(offsetof(mistify_plugin_api, get_extension) +
                              sizeof api->get_extension));
}

void check_functions(const std::filesystem::path &file, const mistify_plugin_api &api) {
  const std::pair<const char *, bool> functions[] = {
      {"create", api.create != nullptr},   {"start", api.start != nullptr},
      {"quiesce", api.quiesce != nullptr}, {"stop", api.stop != nullptr},
      {"destroy", api.destroy != nullptr}, {"cancel", api.cancel != nullptr},
  };
  for (const auto &[name, present] : functions) {
    if (!present)
      refuse(LoadFailure::function_missing, file, "the table has no function " + std::string(name));
  }
}

bool is_plugin_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= kMaxPluginName &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '-';
         });
}

void check_names(const Core &core, Plugin &plugin, const Plugin *instead_of) {
  const mistify_plugin_api &api = *plugin.api;
  if (api.name == nullptr || api.version == nullptr)
    refuse(LoadFailure::name_malformed, plugin.file, "the table has no name or no version");
  // Never further than a good name goes: the text may lack its end.
  const std::string_view name(api.name, ::strnlen(api.name, kMaxPluginName + 1));
  if (!is_plugin_name(name))
    refuse(LoadFailure::name_malformed, plugin.file,
           "the name " + json::quoted(name) +
               " is malformed (1 to 64 letters, digits, '_' and '-')");
  if (instead_of != nullptr) {
    if (name != instead_of->name)
      refuse(LoadFailure::name_differs, plugin.file,
             "holds the plugin " + std::string(name) + " by now, expected " + instead_of->name);
  } else if (const Plugin *other = core.registry.find(name)) {
    refuse(LoadFailure::name_taken, plugin.file,
           "a plugin named " + other->name + " is loaded already, from " +
               one_line(other->file.string()));
  }
  plugin.name = name;
  plugin.version = one_line({api.version, ::strnlen(api.version, kShownVersion)});
}

void configure(const Core &core, Plugin &plugin) {
  if (core.options.config)
    plugin.config = core.options.config(plugin.name);
  if (plugin.config.empty())
    plugin.config = "{}";
}

void create(Core &core, Plugin &plugin) {
  Reason reason;
  mistify_plugin *self = nullptr;
  plugin.creating.store(true);
  const mistify_status status =
      plugin.api->create(&core.api, &plugin.host, &self, &Reason::take, &reason);
  plugin.creating.store(false);
  if (status == MISTIFY_OK)
    plugin.self = self; // from here on it is destroyed with the Plugin
  if (plugin.taken_method)
    refuse(LoadFailure::method_taken, plugin.file, "the method " + *plugin.taken_method);
  if (status != MISTIFY_OK)
    refuse(LoadFailure::create_failed, plugin.file, reason.of("create", status));
  if (self == nullptr)
    refuse(LoadFailure::create_failed, plugin.file, "create succeeded but made no instance");
}

void start(Plugin &plugin) {
  Reason reason;
  const mistify_status status = plugin.api->start(plugin.self, &Reason::take, &reason);
  if (status != MISTIFY_OK)
    refuse(LoadFailure::start_failed, plugin.file, reason.of("start", status));
}

} // namespace

std::unique_ptr<Plugin> map_plugin(Core &core, const std::filesystem::path &file,
                                   const Plugin *instead_of) {
  auto plugin = std::make_unique<Plugin>(core, core.bell, std::make_shared<const Library>(file));
  plugin->file = file;
  plugin->api = plugin->library->entry()();
  check_version(file, plugin->api);
  check_functions(file, *plugin->api);
  check_names(core, *plugin, instead_of);
  configure(core, *plugin);
  return plugin;
}

void begin_plugin(Core &core, Plugin &plugin) {
  create(core, plugin);
  start(plugin);
}

} // namespace mistify::detail
