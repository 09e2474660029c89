// SPDX-License-Identifier: Apache-2.0
#include "cli.hpp"

#include "json.hpp"
#include "nearest.hpp"

#include <CLI/CLI.hpp>

#include <iostream>

namespace mistify::mock_host {
namespace {

void add_flags(CLI::App &app, CommandLine &line) {
  Flags &flags = line.flags;
  app.add_option("-p,--port", flags.port, "TCP port to serve on; 0: any (30001)")
      ->check(CLI::Range(0, 65535));
  app.add_option("-e,--endpoint", flags.endpoint,
                 "The engine: unix:///PATH or tcp://HOST:PORT (unix:///var/run/docker.sock)");
  app.add_option("-i,--image-service", flags.image_service,
                 "The image service: HOST, HOST:PORT or a URL (images.service.lochness.local)");
  app.add_option("-d,--docker-cert-path", flags.cert_path,
                 "Folder with ca.pem, cert.pem and key.pem ($DOCKER_CERT_PATH)");
  app.add_option("-l,--log-level", flags.log_level,
                 "debug, info, warning, error, critical or fatal (warning)");
  app.add_option("--plugin", flags.plugin_files, "Load this plugin; may be repeated")
      ->allow_extra_args(false);
  app.add_option("--plugin-dir", flags.plugin_dir, "Load each *.so of this folder");
  app.add_option("--listen", flags.listen, "ADDRESS[:PORT] to serve on (127.0.0.1:30001)");
  app.add_option("--images", flags.images,
                 "serve: be an image service too, from the archives ID.tar, ID.tar.gz ... of this "
                 "folder: /images/ID/download, and the list /images (off)");
  app.add_option("--token-file", flags.token_file,
                 "serve: have each client show the token in this file (off)");
  app.add_option("--config", flags.config_file, "Configuration, a JSON file");
}

const CLI::App *add_validate(CLI::App &app, ValidateOptions &options) {
  CLI::App *validate =
      app.add_subcommand("validate", "Hold a plugin against what the plugin ABI promises");
  validate->add_option("FILE", options.file, "The plugin")->required();
  validate->add_flag("--json", options.json, "For machines");
  validate->add_option("--check", options.checks, "Only this check; may be repeated")
      ->allow_extra_args(false);
  validate
      ->add_option_function<int>(
          "--time-limit",
          [&options](int seconds) { options.time_limit = std::chrono::seconds(seconds); },
          "Seconds that a check may take (60)")
      ->check(CLI::Range(1, 3600));
  validate->add_flag("--unconfined", options.unconfined,
                     "Let the plugin reach this machine's network and /run");
  return validate;
}

/// What the parser could not place, with the flag that was likely meant.
std::string unplaced(const CLI::App &app, const std::string &argument) {
  if (!argument.starts_with("-") || argument == "-")
    return "unexpected argument " + json::quoted(argument) +
           ", expected a flag or one of serve, call, methods, validate";
  std::vector<std::string> names;
  for (const CLI::Option *option : app.get_options())
    for (const std::string &name : option->get_lnames())
      names.push_back("--" + name);
  const std::vector<std::string_view> known(names.begin(), names.end());
  return "unknown flag " + json::quoted(argument) + "; the nearest known one is " +
         std::string(nearest(argument.substr(0, argument.find('=')), known));
}

std::string one_line(std::string text) {
  for (char &c : text)
    if (c == '\n')
      c = ' ';
  return text;
}

} // namespace

CommandLine parse_command_line(int argc, char **argv) {
  CommandLine line;
  CLI::App app("A host for Mistify plugins: JSON-RPC over HTTP, or one call from the command line",
               "mistify-mock-host");
  app.set_version_flag("--version", "mistify-mock-host " MISTIFY_VERSION);
  app.fallthrough();
  app.require_subcommand(0, 1);
  app.failure_message(CLI::FailureMessage::simple);
  add_flags(app, line);
  app.add_subcommand("serve", "Serve JSON-RPC over HTTP (the default)");
  app.add_option("--ready-fd", line.ready_fd,
                 "serve: write the port and a newline to this descriptor when serving");
  CLI::App *call = app.add_subcommand("call", "Call one method, without HTTP");
  call->add_option("METHOD", line.method, "With or without \"MDocker.\"")->required();
  call->add_option("PARAMS", line.params,
                   "A JSON object, or an array that begins with it; - reads standard input");
  CLI::App *methods = app.add_subcommand("methods", "List the methods of the plugins");
  methods->add_flag("--json", line.methods_as_json, "Describe them all in an OpenRPC document");
  const CLI::App *validate = add_validate(app, line.validation);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success &asked) { // --help, --version
    throw Done{app.exit(asked)};
  } catch (const CLI::ExtrasError &error) {
    const std::vector<std::string> left = app.remaining(true);
    throw UsageError(left.empty() ? one_line(error.what()) : unplaced(app, left.front()));
  } catch (const CLI::ParseError &error) {
    throw UsageError(one_line(error.what()));
  }
  if (call->parsed())
    line.verb = Verb::call;
  else if (methods->parsed())
    line.verb = Verb::methods;
  else if (validate->parsed())
    line.verb = Verb::validate;
  if (line.ready_fd && (line.verb != Verb::serve || *line.ready_fd < 0))
    throw UsageError("--ready-fd: expected with serve only, and an open descriptor's number");
  return line;
}

} // namespace mistify::mock_host
