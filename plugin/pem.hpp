// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace mdocker {

/// What is wrong with a file that should hold PEM of a kind ("CERTIFICATE", "PRIVATE KEY"): that it
/// cannot be read, or holds none; empty where it does.
std::string pem_problem(const std::string &path, std::string_view kind);

} // namespace mdocker
