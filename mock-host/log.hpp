// SPDX-License-Identifier: Apache-2.0
//
// glog belongs to the main program: what plugins and the host library log comes through here.
#pragma once

#include "mistify/host.hpp"

#include <string>
#include <string_view>

namespace mistify::mock_host {

/// Sets glog up, once per process: to standard error, from the named level (debug, info, warning,
/// error, critical, fatal) on.
void init_logging(const char *program, std::string_view level);

/// The text without anything that would break or forge a line of the log: newlines and control
/// characters are escaped as in C.
std::string escaped(std::string_view text);

/// [any thread] HostOptions::log and log_enabled.
void log_message(LogLevel level, std::string_view plugin, std::string_view file, int line,
                 std::string_view message);
bool log_enabled(LogLevel level);

} // namespace mistify::mock_host
