// SPDX-License-Identifier: Apache-2.0
#include "config_schema.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <sstream>
#include <stdexcept>

#include <arpa/inet.h>

namespace mistify::mock_host {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kDay = 86'400'000; // ms
constexpr std::uint64_t kGiB = 1U << 30U;
constexpr std::uint64_t kMiB = 1U << 20U;

void store_log_level(Settings &settings, const std::string &value) {
  static constexpr std::array<std::string_view, 6> kLevels = {"debug", "info",     "warning",
                                                              "error", "critical", "fatal"};
  if (std::find(kLevels.begin(), kLevels.end(), value) == kLevels.end())
    throw std::invalid_argument("expected debug, info, warning, error, critical or fatal");
  settings.log_level = value;
}

void store_plugin_dir(Settings &settings, const std::string &value) {
  if (value.empty())
    throw std::invalid_argument("expected a folder");
  settings.plugin_path = {value};
}
void store_plugin_path(Settings &settings, const std::string &value) {
  settings.plugin_path.clear();
  std::istringstream folders(value + ':');
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (folder.empty())
      throw std::invalid_argument("expected folders, joined by \":\"");
    settings.plugin_path.emplace_back(folder);
  }
}

void store_images(Settings &settings, const std::string &value) {
  if (value.empty())
    throw std::invalid_argument("expected the path of a folder");
  settings.images = value;
}

void store_token_file(Settings &settings, const std::string &value) {
  if (value.empty())
    throw std::invalid_argument("expected the path of a file");
  settings.token_file = value;
}

void store_server_names(Settings &settings, std::vector<std::string> values) {
  constexpr std::string_view kNoName = "/:@[]?# \t";
  for (const std::string &name : values)
    if (name.empty() || name.find_first_of(kNoName) != std::string::npos)
      throw std::invalid_argument("expected names of hosts, without ports");
  settings.server_names = std::move(values);
}

milliseconds ms(std::uint64_t value) {
  return milliseconds(static_cast<milliseconds::rep>(value));
}

// The captureless lambdas become the table's function pointers.
constexpr std::array kHostKeys = {
    HostKey{"listen", "MISTIFY_LISTEN", ValueType::text, 0, 0, nullptr, &store_listen},
    HostKey{"log_level", "MISTIFY_LOG_LEVEL", ValueType::text, 0, 0, nullptr, &store_log_level},
    HostKey{"plugin_dir", "MISTIFY_PLUGIN_DIR", ValueType::text, 0, 0, nullptr, &store_plugin_dir},
    HostKey{"plugin_path", "MISTIFY_PLUGIN_PATH", ValueType::text, 0, 0, nullptr,
            &store_plugin_path},
    HostKey{"images", "MISTIFY_IMAGES", ValueType::text, 0, 0, nullptr, &store_images},
    HostKey{"token_file", "MISTIFY_TOKEN_FILE", ValueType::text, 0, 0, nullptr, &store_token_file},
    HostKey{"server_names", "MISTIFY_SERVER_NAMES", ValueType::list, 0, 0, nullptr, nullptr,
            &store_server_names},
    HostKey{"plugin_answer_margin_ms", "MISTIFY_PLUGIN_ANSWER_MARGIN_MS", ValueType::count, 0, kDay,
            [](Settings &s, std::uint64_t v) { s.answer_margin = ms(v); }},
    HostKey{"drain_ms", "MISTIFY_DRAIN_MS", ValueType::count, 0, kDay,
            [](Settings &s, std::uint64_t v) { s.drain = ms(v); }},
    HostKey{"reload_drain_ms", "MISTIFY_RELOAD_DRAIN_MS", ValueType::count, 0, kDay,
            [](Settings &s, std::uint64_t v) { s.reload_drain = ms(v); }},
    HostKey{"limits.body", "MISTIFY_LIMITS_BODY", ValueType::count, 1, kGiB,
            [](Settings &s, std::uint64_t v) { s.limits.body = v; }},
    HostKey{"limits.header", "MISTIFY_LIMITS_HEADER", ValueType::count, 256, kMiB,
            [](Settings &s, std::uint64_t v) { s.limits.header = v; }},
    HostKey{"limits.connections", "MISTIFY_LIMITS_CONNECTIONS", ValueType::count, 1, 1'000'000,
            [](Settings &s, std::uint64_t v) { s.limits.connections = v; }},
    HostKey{"limits.calls", "MISTIFY_LIMITS_CALLS", ValueType::count, 1, 1'000'000,
            [](Settings &s, std::uint64_t v) { s.limits.calls = v; }},
    HostKey{"limits.idle_ms", "MISTIFY_LIMITS_IDLE_MS", ValueType::count, 1, kDay,
            [](Settings &s, std::uint64_t v) { s.limits.idle = ms(v); }},
};

constexpr std::array kPluginKeys = {
    PluginKey{"endpoint", "MISTIFY_ENDPOINT", ValueType::text},
    PluginKey{"cert_path", "MISTIFY_CERT_PATH", ValueType::text},
    PluginKey{"insecure", "MISTIFY_INSECURE", ValueType::boolean},
    PluginKey{"image_service", "MISTIFY_IMAGE_SERVICE", ValueType::text},
    PluginKey{"image_resolver", "MISTIFY_IMAGE_RESOLVER", ValueType::text},
    PluginKey{"image_ca", "MISTIFY_IMAGE_CA", ValueType::text},
    PluginKey{"limits.loads", "MISTIFY_LIMITS_LOADS", ValueType::count},
    PluginKey{"devices", "MISTIFY_DEVICES", ValueType::list},
    PluginKey{"instance", "MISTIFY_INSTANCE", ValueType::text},
    PluginKey{"network.driver", "MISTIFY_NETWORK_DRIVER", ValueType::text},
    PluginKey{"network.ovsdb", "MISTIFY_NETWORK_OVSDB", ValueType::text},
    PluginKey{"network.datapath_type", "MISTIFY_NETWORK_DATAPATH_TYPE", ValueType::text},
    PluginKey{"network.addressing", "MISTIFY_NETWORK_ADDRESSING", ValueType::text},
};

constexpr std::array kPluginKeyPrefixes = {
    PluginKeyPrefix{"timeouts.", "MISTIFY_TIMEOUTS_"},
    // The host has limits too; the plugin's begin otherwise.
    PluginKeyPrefix{"limits.engine_", "MISTIFY_LIMITS_ENGINE_"},
    PluginKeyPrefix{"limits.list_", "MISTIFY_LIMITS_LIST_"},
};

std::uint16_t read_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || failed != std::errc() || end != text.data() + text.size())
    throw std::invalid_argument("expected a port from 0 to 65535 behind the last ':'");
  return port;
}

} // namespace

std::span<const HostKey> host_keys() noexcept {
  return kHostKeys;
}
std::span<const PluginKey> plugin_keys() noexcept {
  return kPluginKeys;
}
std::span<const PluginKeyPrefix> plugin_key_prefixes() noexcept {
  return kPluginKeyPrefixes;
}

const HostKey &host_key(std::string_view path) {
  const auto *const found = std::find_if(kHostKeys.begin(), kHostKeys.end(),
                                         [&](const HostKey &key) { return key.path == path; });
  if (found == kHostKeys.end())
    throw std::out_of_range("no key " + std::string(path));
  return *found;
}

void store_listen(Settings &settings, const std::string &value) {
  const std::string_view text = value;
  std::string address(text);
  std::string_view port;
  const std::size_t colon = text.rfind(':');
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos || (close + 1 != text.size() && text[close + 1] != ':'))
      throw std::invalid_argument("expected [ADDRESS] or [ADDRESS]:PORT");
    address = text.substr(1, close - 1);
    if (close + 1 != text.size())
      port = text.substr(close + 1);
  } else if (colon != std::string_view::npos && text.find(':') == colon) {
    address = text.substr(0, colon);
    port = text.substr(colon);
  }
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  if (address.find('\0') != std::string::npos ||
      (inet_pton(AF_INET, address.c_str(), bytes.data()) != 1 &&
       inet_pton(AF_INET6, address.c_str(), bytes.data()) != 1))
    throw std::invalid_argument("expected ADDRESS or ADDRESS:PORT, the address as IPv4 numbers or "
                                "as [IPv6]");
  if (!port.empty())
    settings.port = read_port(port.substr(1));
  settings.address = address;
}

} // namespace mistify::mock_host
