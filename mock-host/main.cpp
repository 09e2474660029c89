// SPDX-License-Identifier: Apache-2.0
#include "call.hpp"
#include "cli.hpp"
#include "config.hpp"
#include "log.hpp"
#include "methods.hpp"
#include "serve.hpp"

#include <csignal>
#include <exception>
#include <iostream>

#include <unistd.h>

namespace mistify::mock_host {
namespace {

Settings load_settings(const Flags &flags) {
  std::optional<ConfigFile> file;
  if (flags.config_file)
    file = read_config_file(*flags.config_file);
  std::vector<std::string_view> environment;
  for (char **entry = environ; entry != nullptr && *entry != nullptr; ++entry)
    environment.emplace_back(*entry);
  return merge(file, environment, flags);
}

int run(int argc, char **argv) {
  const CommandLine line = parse_command_line(argc, argv);
  const Settings settings = load_settings(line.flags);
  init_logging(argv[0], settings.log_level);
  switch (line.verb) {
  case Verb::call:
    return call(settings, line.method, line.params);
  case Verb::methods:
    return list_methods(settings, line.methods_as_json);
  case Verb::validate:
    return validate(settings, line.validation);
  case Verb::serve:
    break;
  }
  return serve(settings, line.ready_fd);
}

int complain(int status, std::string_view what) {
  std::cerr << "mistify-mock-host: " << escaped(what) << '\n';
  return status;
}

} // namespace
} // namespace mistify::mock_host

int main(int argc, char **argv) {
  using namespace mistify::mock_host;
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return run(argc, argv);
  } catch (const Done &done) {
    return done.status;
  } catch (const UsageError &error) {
    return complain(kExitUsage, error.what());
  } catch (const std::exception &error) {
    return complain(kExitFailed, error.what());
  }
}
