// SPDX-License-Identifier: Apache-2.0
#include "settings.hpp"

#include "instance.hpp"
#include "pem.hpp"

#include <json.hpp>
#include <nearest.hpp>
#include <utf8.hpp>

#include <algorithm>
#include <array>
#include <functional>
#include <span>
#include <stdexcept>

namespace mdocker {
namespace {

namespace json = mistify::json;
using std::chrono::milliseconds;

constexpr std::int64_t kLongest = std::int64_t{24} * 3'600 * 1'000; // a day

[[noreturn]] void wrong(std::string_view key, std::string_view expected, const json::Value &got) {
  constexpr std::size_t kShown = 80;
  throw std::invalid_argument("config key " + json::quoted(key) + ": expected " +
                              std::string(expected) + ", got " + json::one_line(got.raw, kShown));
}

std::string string_at(std::string_view key, const json::Value &value) {
  if (value.kind != json::Kind::string)
    wrong(key, "a string", value);
  return json::text(value);
}

bool bool_at(std::string_view key, const json::Value &value) {
  if (value.kind != json::Kind::boolean)
    wrong(key, "true or false", value);
  return value.raw == "true";
}

std::int64_t integer_at(std::string_view key, const json::Value &value, std::int64_t least,
                        std::int64_t most) {
  const auto number = json::to_int64(value);
  if (!number || *number < least || *number > most)
    wrong(key, "an integer from " + std::to_string(least) + " to " + std::to_string(most), value);
  return *number;
}

std::string one_of(std::string_view key, const json::Value &value,
                   std::initializer_list<std::string_view> known) {
  std::string text = string_at(key, value);
  std::string expected;
  for (const std::string_view name : known) {
    if (text == name)
      return text;
    expected += (expected.empty() ? "\"" : " or \"") + std::string(name) + "\"";
  }
  wrong(key, expected, value);
}

// A key and what is done with its value; the whole path is passed for messages.
struct Key {
  std::string_view name;
  std::function<void(std::string_view path, const json::Value &value)> take;
};

void take_all(std::string_view prefix, const json::Value &object, std::span<const Key> keys) {
  if (object.kind != json::Kind::object)
    wrong(prefix, "an object", object);
  for (const json::Member &member : json::members(object.raw)) {
    const std::string path = prefix.empty() ? member.key : std::string(prefix) + "." + member.key;
    const auto key = std::find_if(keys.begin(), keys.end(),
                                  [&](const Key &known) { return known.name == member.key; });
    if (key == keys.end()) {
      std::vector<std::string_view> names;
      for (const Key &known : keys)
        names.push_back(known.name);
      throw std::invalid_argument("config key " + json::quoted(path) +
                                  " is not known; the nearest one is \"" +
                                  (prefix.empty() ? "" : std::string(prefix) + ".") +
                                  std::string(mistify::nearest(member.key, names)) + "\"");
    }
    key->take(path, member.value);
  }
}

Key time_key(std::string_view name, milliseconds &time) {
  return {name, [&time](std::string_view path, const json::Value &value) {
            time = milliseconds(integer_at(path, value, 1, kLongest));
          }};
}

Key size_key(std::string_view name, std::size_t &size, std::int64_t most) {
  return {name, [&size, most](std::string_view path, const json::Value &value) {
            size = static_cast<std::size_t>(integer_at(path, value, 1, most));
          }};
}

void take_network(std::string_view path, const json::Value &value, Network &network) {
  const std::array<Key, 4> keys{{
      {"driver",
       [&](std::string_view key, const json::Value &v) {
         network.driver = one_of(key, v, {"ovs", "none"});
       }},
      {"ovsdb",
       [&](std::string_view key, const json::Value &v) {
         constexpr std::size_t kLongestPath = 107; // of a unix socket's path
         network.ovsdb = string_at(key, v);
         if (!network.ovsdb.starts_with('/') || network.ovsdb.size() > kLongestPath)
           wrong(key, "the absolute path of a unix socket, at most 107 bytes", v);
       }},
      {"datapath_type", [&](std::string_view key,
                            const json::Value &v) { network.datapath_type = string_at(key, v); }},
      {"addressing",
       [&](std::string_view key, const json::Value &v) {
         network.static_addresses = one_of(key, v, {"none", "static"}) == "static";
       }},
  }};
  take_all(path, value, keys);
}

void take_timeouts(std::string_view path, const json::Value &value, Timeouts &timeouts) {
  const std::array<Key, 8> keys{{
      time_key("connect_ms", timeouts.connect),
      time_key("read_ms", timeouts.read),
      time_key("change_ms", timeouts.change),
      time_key("save_ms", timeouts.save),
      time_key("image_idle_ms", timeouts.image_idle),
      time_key("load_ms", timeouts.load),
      time_key("stop_grace_ms", timeouts.stop_grace),
      time_key("stop_margin_ms", timeouts.stop_margin),
  }};
  take_all(path, value, keys);
}

void take_limits(std::string_view path, const json::Value &value, Bounds &bounds) {
  constexpr std::int64_t kMostBytes = std::int64_t{1} << 30;
  constexpr std::int64_t kMostRequests = 1'024;
  constexpr std::int64_t kMostLoads = 2;
  const std::array<Key, 4> keys{{
      size_key("engine_answer", bounds.engine_answer, kMostBytes),
      size_key("engine_reads", bounds.engine_reads, kMostRequests),
      size_key("list_inspects", bounds.list_inspects, kMostRequests),
      size_key("loads", bounds.loads, kMostLoads),
  }};
  take_all(path, value, keys);
}

std::vector<std::string> devices_at(std::string_view path, const json::Value &value) {
  if (value.kind != json::Kind::array)
    wrong(path, "an array of absolute paths", value);
  std::vector<std::string> devices;
  for (const json::Value &element : json::elements(value.raw)) {
    devices.push_back(string_at(path, element));
    if (!devices.back().starts_with('/') || devices.back().find(':') != std::string::npos)
      wrong(path, "absolute paths without a colon", element);
  }
  return devices;
}

std::string pem_at(std::string_view key, const json::Value &value) {
  std::string file = string_at(key, value);
  if (file.empty())
    return file;
  if (const std::string problem = pem_problem(file, "CERTIFICATE"); !problem.empty())
    throw std::invalid_argument("config key \"" + std::string(key) + "\": " + problem +
                                "; expected a file of PEM certificates");
  return file;
}

} // namespace

Settings Settings::parse(std::string_view text) {
  Settings settings;
  std::string endpoint = settings.endpoint.name;
  std::string cert_path;
  bool insecure = false;
  const std::array<Key, 11> keys{{
      {"endpoint",
       [&](std::string_view key, const json::Value &v) { endpoint = string_at(key, v); }},
      {"cert_path",
       [&](std::string_view key, const json::Value &v) { cert_path = string_at(key, v); }},
      {"insecure", [&](std::string_view key, const json::Value &v) { insecure = bool_at(key, v); }},
      {"image_service",
       [&](std::string_view key, const json::Value &v) {
         settings.image_service = image::ServiceAddress::parse(string_at(key, v));
       }},
      {"image_resolver",
       [&](std::string_view key, const json::Value &v) {
         const std::string resolver = string_at(key, v);
         settings.image_resolver = resolver.empty() ? "" : image::parse_resolver(resolver);
       }},
      {"image_ca",
       [&](std::string_view key, const json::Value &v) { settings.image_ca = pem_at(key, v); }},
      {"devices",
       [&](std::string_view key, const json::Value &v) { settings.devices = devices_at(key, v); }},
      {"network",
       [&](std::string_view key, const json::Value &v) { take_network(key, v, settings.network); }},
      {"instance",
       [&](std::string_view key, const json::Value &v) {
         settings.instance = string_at(key, v);
         if (!settings.instance.empty() && !is_instance(settings.instance))
           wrong(key, "1 to 64 letters, digits, '_', '.' and '-'", v);
       }},
      {"timeouts", [&](std::string_view key,
                       const json::Value &v) { take_timeouts(key, v, settings.timeouts); }},
      {"limits",
       [&](std::string_view key, const json::Value &v) { take_limits(key, v, settings.bounds); }},
  }};
  json::Value root;
  try {
    root = json::parse(text);
  } catch (const json::ParseError &error) {
    throw std::invalid_argument("config: not well-formed JSON at byte " +
                                std::to_string(error.offset()) + ": " + error.what());
  }
  if (root.kind != json::Kind::object)
    throw std::invalid_argument("config: expected an object, got " +
                                std::string(json::kind_name(root.kind)));
  take_all("", root, keys);
  settings.endpoint = engine::Endpoint::parse(endpoint, cert_path, insecure);
  if (settings.instance.empty())
    settings.instance = default_instance();
  return settings;
}

} // namespace mdocker
