// SPDX-License-Identifier: Apache-2.0
#include "reload.hpp"

#include <glog/logging.h>

#include <algorithm>
#include <exception>
#include <malloc.h>
#include <system_error>
#include <utility>

namespace mistify::mock_host {

Reloader::Reloader(boost::asio::signal_set &signals, const Post &post, Host &host,
                   Patience patience, std::function<void()> on_signal)
    : signals_(signals), post_(post), host_(host), patience_(patience), also_(std::move(on_signal)),
      plugins_(host.plugins()) {
  wait();
}

Reloader::~Reloader() {
  end();
}

void Reloader::close() {
  closed_ = true;
  boost::system::error_code ignored;
  signals_.cancel(ignored); // it stays caught: it must not end what is ending well
}

void Reloader::end() {
  close();
  if (worker_.joinable())
    worker_.join();
}

void Reloader::wait() {
  signals_.async_wait([this](const boost::system::error_code &failed, int) {
    if (failed || closed_)
      return;
    on_signal();
    wait();
  });
}

void Reloader::on_signal() {
  also_();
  if (!worker_.joinable())
    return start();
  again_ = true;
  LOG(INFO) << "SIGHUP: the plugins are being reloaded, and will be once more";
}

void Reloader::start() {
  LOG(INFO) << "SIGHUP: reloading the plugins";
  try {
    worker_ = std::thread([this] {
      reload_all();
      post_([this] { finished(); });
    });
  } catch (const std::system_error &error) {
    LOG(ERROR) << "cannot reload the plugins: no thread: " << error.what();
  }
}

void Reloader::finished() {
  if (closed_)
    return;
  worker_.join();
  if (std::exchange(again_, false))
    start();
}

// The two below are the worker's.

void Reloader::reload_all() const {
  for (const PluginInfo &plugin : plugins_) {
    if (closed_)
      return;
    try {
      reload(plugin);
    } catch (const std::exception &error) {
      LOG(ERROR) << "cannot reload the plugin " << plugin.name << ": " << error.what();
    }
  }
  // What the instances that are gone had been given: the allocator would keep it.
  malloc_trim(0);
}

void Reloader::reload(const PluginInfo &plugin) const {
  const std::vector<PluginInfo> loaded = host_.plugins();
  const bool gone = std::none_of(loaded.begin(), loaded.end(),
                                 [&](const PluginInfo &one) { return one.name == plugin.name; });
  if (gone)
    host_.load(plugin.file);
  else if (!host_.reload(plugin.name, patience_.drain, patience_.stop))
    LOG(ERROR) << "cannot reload the plugin " << plugin.name << ": it is busy still after "
               << (patience_.drain + patience_.stop).count() << " ms";
}

} // namespace mistify::mock_host
