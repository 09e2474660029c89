// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config.hpp"
#include "validate/validate.hpp"

#include <optional>
#include <string>

namespace mistify::mock_host {

enum class Verb { serve, call, methods, validate };

struct CommandLine {
  Verb verb = Verb::serve;
  Flags flags;
  std::optional<int> ready_fd;
  std::string method;                ///< Of call.
  std::optional<std::string> params; ///< Of call, "-" for standard input.
  bool methods_as_json = false;      ///< Of methods.
  ValidateOptions validation;        ///< Of validate.
};

/// The exit status, where the command line asked for help or the version and was given it.
struct Done {
  int status;
};

/// Reads the command line. Throws UsageError, and Done after --help and --version.
CommandLine parse_command_line(int argc, char **argv);

} // namespace mistify::mock_host
