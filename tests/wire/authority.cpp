// SPDX-License-Identifier: Apache-2.0
#include "authority.hpp"

#include "process.hpp"

#include <fstream>
#include <utility>
#include <vector>

namespace wire {
namespace {

void openssl(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "openssl");
  run({std::move(arguments)});
}

} // namespace

Authority::Authority(std::filesystem::path dir) : dir_(std::move(dir)) {
  std::filesystem::create_directories(dir_);
  openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
           "-days", "2", "-subj", "/CN=mdocker test authority", "-keyout", at("ca-key.pem"), "-out",
           at("ca.pem")});
}

void Authority::issue(const std::string &prefix, const std::string &extensions, int days) const {
  const std::string request = at(prefix + "request.pem");
  const std::string file = at(prefix + "extensions");
  std::ofstream(file) << extensions;
  openssl({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
           "/CN=" + prefix + "mdocker", "-keyout", at(prefix + "key.pem"), "-out", request});
  openssl({"x509", "-req", "-in", request, "-CA", at("ca.pem"), "-CAkey", at("ca-key.pem"),
           "-CAcreateserial", "-days", std::to_string(days), "-extfile", file, "-out",
           at(prefix + "cert.pem")});
}

} // namespace wire
