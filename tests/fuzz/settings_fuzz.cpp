// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as the plugin's configuration: refused in one line, or settings that are within their
// bounds and name nothing that cannot be asked for.
#include "fuzz.hpp"

#include "host_name.hpp"
#include "instance.hpp"
#include "settings.hpp"

#include <json.hpp>

#include <chrono>
#include <stdexcept>
#include <string>

namespace {

using namespace mdocker;
namespace json = mistify::json;
using fuzz::require;

// Files that it names are looked into: the machine's are not for this.
bool names_files(std::string_view text) {
  try {
    const json::Members members = json::members(text);
    return json::find(members, "cert_path") != nullptr ||
           json::find(members, "image_ca") != nullptr;
  } catch (const std::exception &) {
    return false;
  }
}

bool is_plain(std::string_view text) {
  return text.find_first_of(std::string_view("\0\n\r \"", 5)) == std::string_view::npos;
}

void check_times(const Timeouts &times) {
  for (const std::chrono::milliseconds time :
       {times.connect, times.read, times.change, times.save, times.image_idle, times.load,
        times.stop_grace, times.stop_margin})
    require(time.count() >= 1 && time <= std::chrono::hours(24), "a time out of bounds");
}

void check_bounds(const Bounds &bounds) {
  require(bounds.engine_answer >= 1 && bounds.engine_answer <= (std::size_t{1} << 30U) &&
              bounds.engine_reads >= 1 && bounds.engine_reads <= 1'024 &&
              bounds.list_inspects >= 1 && bounds.list_inspects <= 1'024 && bounds.loads >= 1 &&
              bounds.loads <= 2,
          "a limit out of bounds");
}

void check_endpoint(const engine::Endpoint &endpoint) {
  using Transport = engine::Endpoint::Transport;
  if (endpoint.transport == Transport::unix_socket) {
    require(endpoint.path.starts_with('/') && endpoint.path.size() <= 107 &&
                endpoint.path.find('\0') == std::string::npos,
            "a socket's path that is none", endpoint.path);
    return;
  }
  require(is_host(endpoint.host) || is_ipv6(endpoint.host), "a host that is none", endpoint.host);
  require(is_plain(endpoint.base_url()) && endpoint.port != 0, "a URL that is none",
          endpoint.base_url());
}

void check_service(const image::ServiceAddress &service) {
  require(is_host(service.host) || is_ipv6(service.host), "a host that is none", service.host);
  require(is_plain(service.path) && is_plain(service.scheme), "a URL that is none", service.path);
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  const fuzz::Input input(data, size);
  if (names_files(input.text()))
    return 0;
  try {
    const Settings settings = Settings::parse(input.text());
    check_times(settings.timeouts);
    check_bounds(settings.bounds);
    check_endpoint(settings.endpoint);
    check_service(settings.image_service);
    require(is_instance(settings.instance), "an instance that is none", settings.instance);
    require(is_plain(settings.image_resolver), "a resolver that is none", settings.image_resolver);
    for (const std::string &device : settings.devices)
      require(device.starts_with('/'), "a device without its path", device);
  } catch (const std::invalid_argument &refusal) {
    fuzz::require_line(refusal.what());
  }
  return 0;
}
