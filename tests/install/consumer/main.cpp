// SPDX-License-Identifier: Apache-2.0
#include <mistify/host.hpp>

#include <iostream>

int main() {
  mistify::Host host({.name = "consumer"});
  host.load_directory(PLUGIN_DIR);
  for (const mistify::MethodInfo &method : host.methods())
    std::cout << method.name << '\n';
}
