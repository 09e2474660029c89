// SPDX-License-Identifier: Apache-2.0
#include "methods.hpp"

#include "log.hpp"
#include "openrpc.hpp"
#include "plugins.hpp"
#include "pretty.hpp"

#include <algorithm>
#include <iomanip>
#include <iostream>

namespace mistify::mock_host {

int list_methods(const Settings &settings, bool json) {
  Host host(host_options(settings));
  load_plugins(host, settings);
  const std::vector<MethodInfo> methods = host.methods();
  if (json) {
    std::cout << pretty(openrpc_document(methods)) << '\n';
    return std::cout.flush() ? 0 : kExitFailed;
  }
  std::size_t name = std::string_view("METHOD").size();
  std::size_t plugin = std::string_view("PLUGIN").size();
  for (const MethodInfo &method : methods) {
    name = std::max(name, method.name.size());
    plugin = std::max(plugin, method.plugin.size());
  }
  const auto row = [&](std::string_view a, std::string_view b, std::string_view c) {
    std::cout << std::left << std::setw(static_cast<int>(name + 2)) << a
              << std::setw(static_cast<int>(plugin + 2)) << b << c << '\n';
  };
  row("METHOD", "PLUGIN", "SUMMARY");
  for (const MethodInfo &method : methods)
    row(method.name, method.plugin, escaped(method.summary));
  return std::cout.flush() ? 0 : kExitFailed;
}

} // namespace mistify::mock_host
