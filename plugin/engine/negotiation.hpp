// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "transfers.hpp"

#include "../error.hpp"
#include "../log.hpp"
#include "../runtime/turns.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <functional>
#include <string>

namespace mdocker::engine {

/// Who the engine is, and in which version of its API it is spoken to: asked before anything else,
/// and again where another one may have taken its place. On the event loop only.
class Negotiation {
public:
  using Deadline = std::chrono::steady_clock::time_point;
  /// Sends a request with that path as it is, and throws Error unless a response came whole.
  using Ask = std::function<asio::awaitable<Response>(std::string path, Request::Verb verb,
                                                      Deadline deadline)>;

  /// name: the engine's, for messages.
  Negotiation(std::string name, const Log &log, Ask ask)
      : name_(std::move(name)), log_(log), ask_(std::move(ask)) {}

  /// Asks where it is not known; always: also where it is. One at a time. Throws Error.
  asio::awaitable<void> run(Deadline deadline, bool always = false);
  /// It may be another engine by now.
  void forget() noexcept;
  /// Ends the waiting of those who wait for their turn, by that error.
  void send_away(const Error &why) { turns_.send_away(std::string(), why); }

  /// What goes into the paths; empty: not known.
  [[nodiscard]] const std::string &version() const noexcept { return version_; }
  /// The newest that the engine knows.
  [[nodiscard]] const std::string &newest() const noexcept { return newest_; }

  // Of the engine that was there last, also where another one may be.

  [[nodiscard]] const std::string &engine_version() const noexcept { return engine_version_; }
  /// "linux/amd64"; empty where it does not say.
  [[nodiscard]] const std::string &platform() const noexcept { return platform_; }

private:
  void adopt(const std::string &pinged, const std::string &body);

  std::string name_;
  const Log &log_;
  Ask ask_;
  runtime::Turns turns_;
  std::string version_;
  std::string newest_;
  std::string engine_version_;
  std::string platform_;
};

} // namespace mdocker::engine
