// SPDX-License-Identifier: Apache-2.0
#include "config.hpp"

#include "config_edit.hpp"
#include "config_schema.hpp"
#include "json.hpp"
#include "nearest.hpp"
#include "utf8.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

namespace mistify::mock_host {
namespace {

constexpr std::string_view kVariables = "MISTIFY_";

[[noreturn]] void unknown(const std::string &origin, std::string_view what, std::string_view name,
                          const std::vector<std::string_view> &known) {
  throw UsageError(origin + "unknown " + std::string(what) + " " + json::quoted(name) +
                   "; the nearest known one is " + json::quoted(nearest(name, known)));
}

[[noreturn]] void wrong(const std::string &origin, const std::string &expected,
                        const std::string &got) {
  throw UsageError(origin + ": " + expected + ", got " + got);
}

std::string shown(const json::Value &value) {
  constexpr std::size_t kLooked = 64;
  std::string kind(json::kind_name(value.kind));
  if (value.kind == json::Kind::object || value.kind == json::Kind::array ||
      value.kind == json::Kind::null || value.raw.size() > kLooked)
    return kind;
  return kind + " (" + json::one_line(value.raw) + ")";
}

/// Throws std::invalid_argument.
std::vector<std::string> strings_of(const json::Value &value) {
  const char *const expected = "expected an array of strings";
  if (value.kind != json::Kind::array)
    throw std::invalid_argument(expected);
  std::vector<std::string> out;
  for (const json::Value &element : json::elements(value.raw)) {
    if (element.kind != json::Kind::string)
      throw std::invalid_argument(expected);
    out.push_back(json::text(element));
  }
  return out;
}

void store(Settings &settings, const HostKey &key, const json::Value &value,
           const std::string &origin) {
  if (key.type == ValueType::count) {
    const std::optional<std::uint64_t> number =
        value.kind == json::Kind::number ? json::to_uint64(value) : std::nullopt;
    if (!number || *number < key.least || *number > key.most)
      wrong(origin,
            "expected a whole number from " + std::to_string(key.least) + " to " +
                std::to_string(key.most),
            shown(value));
    key.store_count(settings, *number);
    return;
  }
  try {
    if (key.type == ValueType::list)
      return key.store_list(settings, strings_of(value));
    if (value.kind != json::Kind::string)
      throw std::invalid_argument("expected a string");
    key.store_text(settings, json::text(value));
  } catch (const std::invalid_argument &error) {
    wrong(origin, error.what(), shown(value));
  }
}

/// Sets a key of the main plugin's section.
void store_in_section(Settings &settings, std::string_view path, std::string_view value,
                      const std::string &origin) {
  std::string &section = settings.sections.try_emplace(kMainPlugin, "{}").first->second;
  try {
    section = with_member(section, path, value);
  } catch (const std::invalid_argument &error) {
    throw UsageError(json::one_line(origin) + ": plugins." + kMainPlugin + "." +
                     json::one_line(path) +
                     " cannot be set over what the file has there: " + error.what());
  }
}

// ---- the file

class FileReader {
public:
  FileReader(Settings &settings, const ConfigFile &file)
      : settings_(settings), origin_(file.name + ": ") {}

  void read(std::string_view text) {
    json::Value root;
    try {
      root = json::parse(text);
    } catch (const json::ParseError &error) {
      const std::string_view before = text.substr(0, error.offset());
      const std::size_t line_start = before.rfind('\n') + 1; // npos + 1 is 0
      throw UsageError(
          origin_ + "line " + std::to_string(1 + std::count(before.begin(), before.end(), '\n')) +
          ", column " + std::to_string(before.size() - line_start + 1) + ": " + error.what());
    }
    read_object(root, "");
  }

private:
  void read_object(const json::Value &object, const std::string &prefix) {
    if (object.kind != json::Kind::object)
      wrong(origin_ + (prefix.empty() ? "the configuration" : prefix.substr(0, prefix.size() - 1)),
            "expected an object", shown(object));
    std::set<std::string, std::less<>> seen;
    for (const json::Member &member : json::members(object.raw)) {
      const std::string path = prefix + member.key;
      if (!seen.insert(member.key).second)
        throw UsageError(origin_ + "the key " + json::quoted(path) +
                         " is there twice, expected once");
      read_member(path, member.value);
    }
  }

  void read_member(const std::string &path, const json::Value &value) {
    const auto keys = host_keys();
    const auto key =
        std::find_if(keys.begin(), keys.end(), [&](const HostKey &k) { return k.path == path; });
    if (key != keys.end())
      store(settings_, *key, value, origin_ + path);
    else if (path == "limits")
      read_object(value, "limits.");
    else if (path == "plugins")
      read_sections(value);
    else
      unknown(origin_, "key", path, known());
  }

  static std::vector<std::string_view> known() {
    std::vector<std::string_view> paths = {"limits", "plugins"};
    for (const HostKey &key : host_keys())
      paths.push_back(key.path);
    return paths;
  }

  void read_sections(const json::Value &plugins) {
    if (plugins.kind != json::Kind::object)
      wrong(origin_ + "plugins", "expected an object", shown(plugins));
    for (const json::Member &member : json::members(plugins.raw)) {
      if (member.value.kind != json::Kind::object)
        wrong(origin_ + "plugins." + json::one_line(member.key), "expected an object",
              shown(member.value));
      if (!settings_.sections.emplace(member.key, member.value.raw).second)
        throw UsageError(origin_ + "the key " + json::quoted("plugins." + member.key) +
                         " is there twice, expected once");
      settings_.named_sections.push_back(member.key);
    }
  }

  Settings &settings_;
  std::string origin_;
};

// ---- the environment

/// A variable's text as the JSON value of the wanted type; as a string where it is none.
std::string as_json(ValueType type, std::string_view text) {
  if (type == ValueType::text)
    return json::quoted(text);
  if (type == ValueType::boolean && (text == "1" || text == "0"))
    return text == "1" ? "true" : "false";
  try {
    return std::string(json::parse(text).raw);
  } catch (const json::ParseError &) {
    return json::quoted(text);
  }
}

void store_plugin_variable(Settings &settings, const PluginKey &key, std::string_view text) {
  const std::string value = as_json(key.type, text);
  const json::Kind kind = json::parse(value).kind;
  if (key.type == ValueType::boolean && kind != json::Kind::boolean)
    wrong(std::string(key.variable), "expected true or false", json::quoted(text));
  if (key.type == ValueType::list && kind != json::Kind::array)
    wrong(std::string(key.variable), "expected a JSON array", json::quoted(text));
  store_in_section(settings, key.path, value, std::string(key.variable));
}

bool store_prefixed(Settings &settings, std::string_view name, std::string_view text) {
  for (const PluginKeyPrefix &prefix : plugin_key_prefixes()) {
    if (!name.starts_with(prefix.variable) || name.size() == prefix.variable.size())
      continue;
    std::string path(prefix.path);
    for (const char c : name.substr(prefix.variable.size()))
      path += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    // A dot would reach another key than the name says.
    if (std::count(path.begin(), path.end(), '.') != 1)
      return false;
    store_in_section(settings, path, as_json(ValueType::count, text), std::string(name));
    return true;
  }
  return false;
}

void read_variable(Settings &settings, std::string_view name, std::string_view text) {
  std::vector<std::string_view> known;
  for (const HostKey &key : host_keys()) {
    known.push_back(key.variable);
    if (key.variable != name)
      continue;
    const std::string value = as_json(key.type, text);
    return store(settings, key, json::parse(value), std::string(name));
  }
  for (const PluginKey &key : plugin_keys()) {
    known.push_back(key.variable);
    if (key.variable == name)
      return store_plugin_variable(settings, key, text);
  }
  if (!store_prefixed(settings, name, text))
    unknown("environment: ", "variable", name, known);
}

/// $DOCKER_CERT_PATH is what Docker's own clients read, and the weakest source. TLS has no meaning
/// on a unix socket, which is also the default.
void apply_docker_cert_path(Settings &settings, std::string_view text) {
  if (text.empty())
    return;
  const auto section = settings.sections.find(kMainPlugin);
  if (section == settings.sections.end())
    return;
  const json::Members members = json::members(section->second);
  const json::Value *endpoint = json::find(members, "endpoint");
  const bool local = endpoint == nullptr || endpoint->kind != json::Kind::string ||
                     json::text(*endpoint).starts_with("unix:");
  if (!local && json::find(members, "cert_path") == nullptr)
    store_in_section(settings, "cert_path", json::quoted(text), "DOCKER_CERT_PATH");
}

// ---- the flags

void read_flags(Settings &settings, const Flags &flags) {
  const auto host = [&](const char *flag, std::string_view path,
                        const std::optional<std::string> &text) {
    if (text) {
      const std::string value = json::quoted(*text);
      store(settings, host_key(path), json::parse(value), flag);
    }
  };
  const auto plugin = [&](const char *flag, std::string_view path,
                          const std::optional<std::string> &text) {
    if (text)
      store_in_section(settings, path, json::quoted(*text), flag);
  };
  host("--listen", "listen", flags.listen);
  host("--log-level", "log_level", flags.log_level);
  if (flags.plugin_dir && flags.plugin_dir->empty())
    throw UsageError("--plugin-dir: expected the path of a folder");
  if (flags.plugin_dir)
    settings.plugin_path = {*flags.plugin_dir};
  host("--images", "images", flags.images);
  host("--token-file", "token_file", flags.token_file);
  plugin("--endpoint", "endpoint", flags.endpoint);
  plugin("--image-service", "image_service", flags.image_service);
  plugin("--docker-cert-path", "cert_path", flags.cert_path);
  if (flags.port)
    settings.port = *flags.port;
  settings.plugin_files.assign(flags.plugin_files.begin(), flags.plugin_files.end());
}

} // namespace

ConfigFile read_config_file(const std::filesystem::path &path) {
  std::error_code failed;
  if (std::filesystem::is_directory(path, failed))
    throw UsageError("--config " + path.string() + ": is a folder, expected a JSON file");
  std::ifstream in(path, std::ios::binary);
  if (!in)
    throw UsageError("--config " + path.string() + ": cannot be opened, expected a JSON file");
  std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (in.bad())
    throw UsageError("--config " + path.string() + ": cannot be read, expected a JSON file");
  return {path.string(), std::move(text)};
}

Settings merge(const std::optional<ConfigFile> &file, std::span<const std::string_view> environment,
               const Flags &flags) {
  Settings settings;
  if (file) {
    settings.config_file = file->name;
    FileReader(settings, *file).read(file->text);
  }
  std::string_view docker_cert_path;
  std::set<std::string_view> seen; // the first of a name counts, as in getenv()
  for (const std::string_view entry : environment) {
    const std::size_t equals = entry.find('=');
    const std::string_view name = entry.substr(0, equals);
    if (equals == std::string_view::npos || !seen.insert(name).second)
      continue;
    const std::string_view text = entry.substr(equals + 1);
    if (name == "DOCKER_CERT_PATH")
      docker_cert_path = text;
    else if (name.starts_with(kVariables))
      read_variable(settings, name, text);
  }
  read_flags(settings, flags);
  apply_docker_cert_path(settings, docker_cert_path);
  return settings;
}

} // namespace mistify::mock_host
