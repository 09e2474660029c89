// SPDX-License-Identifier: Apache-2.0
#include "pem.hpp"

#include <fstream>

namespace mdocker {

std::string pem_problem(const std::string &path, std::string_view kind) {
  std::ifstream file(path);
  if (!file)
    return "cannot read " + path;
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("-----BEGIN ") && line.find(kind) != std::string::npos)
      return {};
  return path + " holds no PEM " + std::string(kind);
}

} // namespace mdocker
