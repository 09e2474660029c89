// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mistify/host.hpp"
#include "post.hpp"

#include <boost/asio/signal_set.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <thread>
#include <vector>

namespace mistify::mock_host {

/// Reloads the plugins when a signal comes, on a thread that is there only meanwhile: the server's
/// goes on serving. On the server's thread. As long as it lives and end() has not been called, the
/// Host's control functions are this one's alone.
class Reloader {
public:
  struct Patience {
    std::chrono::milliseconds drain; ///< See Host::reload().
    std::chrono::milliseconds stop;
  };

  /// signals has the signal already, so that one that came before is not lost; on_signal is called
  /// with each, before the plugins are reloaded. The others outlive this too.
  Reloader(boost::asio::signal_set &signals, const Post &post, Host &host, Patience patience,
           std::function<void()> on_signal);
  /// As end().
  ~Reloader();
  Reloader(const Reloader &) = delete;
  Reloader &operator=(const Reloader &) = delete;

  /// Begins no reload any more; one that runs goes on.
  void close();
  /// close(), and waits for the one that runs.
  void end();

private:
  void wait();
  void on_signal();
  void start();
  void finished();
  void reload_all() const;
  void reload(const PluginInfo &plugin) const;

  boost::asio::signal_set &signals_;
  const Post &post_;
  Host &host_;
  const Patience patience_;
  const std::function<void()> also_;
  const std::vector<PluginInfo> plugins_; // as they were at first: one that is gone may come back
  std::thread worker_;
  bool again_ = false;
  std::atomic<bool> closed_{false};
};

} // namespace mistify::mock_host
