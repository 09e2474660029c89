// SPDX-License-Identifier: Apache-2.0
#include "call.hpp"

#include "json.hpp"
#include "log.hpp"
#include "nearest.hpp"
#include "plugins.hpp"
#include "pretty.hpp"
#include "progress_line.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <iostream>
#include <iterator>

namespace mistify::mock_host {
namespace {

namespace net = boost::asio;

/// The struct that the PARAMS argument holds.
std::string read_params(const std::optional<std::string> &given) {
  if (!given)
    return "{}";
  std::string text = *given;
  if (text == "-")
    text.assign(std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>());
  try {
    json::Value value = json::parse(text);
    if (value.kind == json::Kind::array) {
      const std::vector<json::Value> elements = json::elements(value.raw);
      value = elements.empty() ? json::Value{} : elements.front();
      if (value.kind == json::Kind::null)
        return "{}";
    }
    if (value.kind == json::Kind::object)
      return std::string(value.raw);
    throw UsageError("PARAMS: expected a JSON object, or an array that begins with it, got " +
                     std::string(json::kind_name(value.kind)));
  } catch (const json::ParseError &error) {
    throw UsageError("PARAMS: expected JSON: byte " + std::to_string(error.offset()) + ": " +
                     error.what());
  }
}

/// The registered name that is meant by one with or without its service.
std::string full_name(const Host &host, const std::string &given) {
  if (host.has_method(given))
    return given;
  const std::vector<MethodInfo> methods = host.methods();
  std::vector<std::string_view> names;
  std::vector<std::string_view> fits;
  for (const MethodInfo &method : methods) {
    const std::string_view name = method.name;
    names.push_back(name);
    if (name.substr(name.rfind('.') + 1) == given)
      fits.push_back(name);
  }
  if (fits.size() == 1)
    return std::string(fits.front());
  if (fits.size() > 1)
    throw UsageError("method " + json::quoted(given) + " is one of several services, expected " +
                     std::string(fits[0]) + " or " + std::string(fits[1]));
  if (names.empty())
    throw UsageError("unknown method " + json::quoted(given) + "; the plugins have none");
  // What was given without a service is compared without one.
  std::string_view best = nearest(given, names);
  if (given.find('.') == std::string::npos) {
    std::vector<std::string_view> bare;
    bare.reserve(names.size());
    for (const std::string_view name : names)
      bare.push_back(name.substr(name.rfind('.') + 1));
    best = nearest(given, bare);
  }
  throw UsageError("unknown method " + json::quoted(given) + "; the nearest known one is " +
                   std::string(best));
}

int print(const Answer &answer) {
  if (answer.error) {
    std::cerr << "mistify-mock-host: " << escaped(answer.error->message) << '\n';
    return kExitFailed;
  }
  std::cout << pretty(answer.result_json) << '\n';
  return std::cout.flush() ? 0 : kExitFailed;
}

} // namespace

int call(const Settings &settings, const std::string &method,
         const std::optional<std::string> &params) {
  const std::string params_json = read_params(params);
  net::io_context io(1); // outlives the host, whose threads post to it
  ProgressLine progress;
  Host host(host_options(settings));
  load_plugins(host, settings);
  const std::string name = full_name(host, method);

  std::optional<Answer> answer;
  net::signal_set signals(io, SIGINT, SIGTERM);
  const auto guard = net::make_work_guard(io);
  CallRequest request{.method = name, .params_json = params_json};
  request.progress = [&](std::string_view json) {
    net::post(io, [&progress, text = std::string(json)] { progress.show(text); });
  };
  const CallId id = host.dispatch(request, [&](Answer result) {
    net::post(io, [&answer, &io, result = std::move(result)]() mutable {
      answer = std::move(result);
      io.stop();
    });
  });
  signals.async_wait([&](const boost::system::error_code &failed, int) {
    if (failed)
      return;
    signals.clear(); // the next one ends the process
    host.cancel(id);
  });
  io.run();
  progress.end();
  return print(answer.value_or(Answer{{}, CallError{kFailed, "no answer came", {}}}));
}

} // namespace mistify::mock_host
