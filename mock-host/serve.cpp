// SPDX-License-Identifier: Apache-2.0
#include "serve.hpp"

#include "access.hpp"
#include "health.hpp"
#include "http_server.hpp"
#include "images.hpp"
#include "log.hpp"
#include "mistify/host.hpp"
#include "notify.hpp"
#include "plugins.hpp"
#include "reload.hpp"
#include "router.hpp"
#include "rpc.hpp"
#include "token.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <glog/logging.h>

#include <inbox.hpp>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <future>
#include <iostream>
#include <utility>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace mistify::mock_host {
namespace {

namespace net = boost::asio;

constexpr std::chrono::seconds kCheckPatience{5};
constexpr std::chrono::seconds kShutdownPatience{10}; // also for an instance that is replaced
constexpr std::chrono::seconds kLastReplies{1}; // for the answers of calls that were cut short

/// How many files the process may have open, with that limit raised as far as it goes.
std::size_t most_files() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
    return SIZE_MAX;
  const rlim_t soft = std::exchange(limit.rlim_cur, limit.rlim_max);
  if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
    return limit.rlim_max;
  PLOG(WARNING) << "cannot raise the limit of open files to " << limit.rlim_max;
  return soft;
}

/// Each connection is a descriptor, and so is each of the plugin's own: connections leave some.
Limits within(std::size_t files, Limits limits) {
  constexpr std::size_t kPluginsFiles = 512;
  const std::size_t most = files - std::min(files / 2, kPluginsFiles);
  if (limits.connections > most) {
    LOG(WARNING) << "limits.connections: " << most << " instead of " << limits.connections
                 << ", as the process may open " << files << " files";
    limits.connections = most;
  }
  return limits;
}

/// As the original daemon, a host does not begin to serve where the engine does not answer.
void require_ready(Host &host) {
  for (const PluginInfo &plugin : host.plugins()) {
    std::promise<Answer> answer;
    host.check(plugin.name, kCheckPatience, [&](Answer a) { answer.set_value(std::move(a)); });
    const Readiness readiness = read_check(answer.get_future().get());
    if (!readiness.ready)
      throw RunError(plugin.name + " is not ready: " + readiness.reason);
  }
}

void check_ready_fd(std::optional<int> descriptor) {
  if (descriptor && fcntl(*descriptor, F_GETFD) < 0)
    throw UsageError("--ready-fd " + std::to_string(*descriptor) +
                     ": is not open, expected the number of an open descriptor");
}

void tell_ready(std::optional<int> descriptor, std::uint16_t port) {
  if (!descriptor)
    return;
  const std::string text = std::to_string(port) + "\n";
  if (write(*descriptor, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    PLOG(WARNING) << "cannot write to --ready-fd " << *descriptor;
  close(*descriptor);
}

void warn_of_reach(const Settings &settings) {
  if (net::ip::make_address(settings.address).is_loopback())
    return;
  LOG(WARNING) << "listening on " << settings.address << ", which other machines may reach: "
               << (settings.token_file
                       ? "what is said, the token too, goes there without encryption"
                       : "whoever does controls the engine, as there is no token_file");
}

/// Where the token cannot be read, it stays as it was.
void read_again(Token &token) {
  try {
    token.read_again();
    LOG(INFO) << "the token has been read again";
  } catch (const UsageError &error) {
    LOG(ERROR) << error.what() << "; the token stays as it was";
  }
}

void announce(const Host &host, const Settings &settings, std::uint16_t port) {
  const bool v6 = settings.address.find(':') != std::string::npos;
  std::string line = "serving on http://" + (v6 ? "[" + settings.address + "]" : settings.address) +
                     ":" + std::to_string(port) + "/_mistify_RPC_ with";
  for (const PluginInfo &plugin : host.plugins())
    line += " " + plugin.name + " " + plugin.version;
  if (log_enabled(LogLevel::info))
    LOG(INFO) << line;
  else
    std::cout << line << std::endl;
}

/// Ends the server when a signal has come: the io_context stops when the last reply has gone, or
/// when the time for that is up. The signals are ours from the construction on.
class Ending {
public:
  Ending(net::io_context &io, HttpServer &server, Reloader &reloader,
         std::chrono::milliseconds patience)
      : io_(io), server_(server), reloader_(reloader), patience_(patience),
        signals_(io, SIGTERM, SIGINT), timer_(io) {
    signals_.async_wait([this](const boost::system::error_code &failed, int signal) {
      if (!failed)
        begin(signal);
    });
  }

private:
  void begin(int signal) {
    signals_.clear(); // the next one ends the process at once
    LOG(INFO) << "signal " << signal << ": ending, " << server_.connections()
              << " connections are open";
    notify("STOPPING=1");
    reloader_.close();
    timer_.expires_after(patience_);
    timer_.async_wait([this](const boost::system::error_code &cancelled) {
      if (cancelled)
        return;
      LOG(WARNING) << server_.connections() << " connections are open still after "
                   << patience_.count() << " ms";
      io_.stop();
    });
    server_.drain([this] { io_.stop(); });
  }

  net::io_context &io_;
  HttpServer &server_;
  Reloader &reloader_;
  std::chrono::milliseconds patience_;
  net::signal_set signals_;
  net::steady_timer timer_;
};

} // namespace

int serve(const Settings &settings, std::optional<int> ready_fd) {
  check_ready_fd(ready_fd); // before descriptors of our own could be taken for it
  net::io_context io(1);
  net::signal_set reloading(io, SIGHUP); // early: until it is caught it ends the process
  const Limits limits = within(most_files(), settings.limits);
  std::optional<Token> token;
  if (settings.token_file)
    token.emplace(*settings.token_file);
  const Access access(settings.server_names, token ? &*token : nullptr);
  std::optional<ImageService> images;
  if (settings.images)
    images.emplace(*settings.images);
  Inbox inbox(io); // outlives the host, whose threads post to it
  const Post post = [&inbox](std::function<void()> work) { inbox.post(std::move(work)); };
  Host host(host_options(settings));
  load_plugins(host, settings);
  require_ready(host);

  jsonrpc::Limits rpc_limits;
  rpc_limits.body = limits.body;
  RpcService rpc(host, rpc_limits, inbox);
  HealthService health(host, post);
  Router router(access, rpc, health, images ? &*images : nullptr);
  HttpServer server(io, router, limits);
  Reloader reloader(reloading, post, host, {settings.reload_drain, kShutdownPatience}, [&token] {
    if (token)
      read_again(*token);
  });
  const Ending ending(io, server, reloader, settings.drain);
  const std::uint16_t port = server.listen(settings.address, settings.port);
  warn_of_reach(settings);
  announce(host, settings, port);
  tell_ready(ready_fd, port);
  notify("READY=1");
  io.run();

  reloader.end();
  const bool stopped = host.shutdown(kShutdownPatience);
  if (server.connections() > 0) { // of calls that the shutdown has answered
    io.restart();
    io.run_for(kLastReplies);
  }
  if (!stopped) {
    LOG(ERROR) << "a plugin is busy still after " << kShutdownPatience.count() << " s";
    google::FlushLogFiles(google::GLOG_INFO);
    _exit(kExitFailed); // its threads run
  }
  return 0;
}

} // namespace mistify::mock_host
