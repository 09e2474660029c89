// SPDX-License-Identifier: Apache-2.0
//
// A stand-in for an engine, for what a real one does not do on demand: a server on a unix socket
// (and on TCP where a test wants that) that reads a request and plays the reply that the test's
// script gives for it. One thread of its own, however many connections there are.
#pragma once

#include "record.hpp"
#include "reply.hpp"
#include "request.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mdocker::test {

/// Lets this process have as many descriptors as the system allows it. A double does so by itself;
/// processes that are started later inherit it.
void raise_descriptor_limit();

class EngineDouble {
public:
  /// Called for each request, on the double's thread. What it throws is answered with 500.
  using Script = std::function<Reply(const Request &)>;
  /// One that may leave it at what is done without it.
  using MaybeScript = std::function<std::optional<Reply>(const Request &)>;

  struct Options {
    bool tcp = false; ///< Listens on 127.0.0.1 too, at a free port.
  };

  /// /_ping and /version are answered as by an engine of api_version(), all else by the script.
  explicit EngineDouble(Script script) : EngineDouble(std::move(script), Options()) {}
  EngineDouble(Script script, const Options &options);
  /// The clients see the end of their connections.
  ~EngineDouble();
  EngineDouble(const EngineDouble &) = delete;
  EngineDouble &operator=(const EngineDouble &) = delete;

  /// "unix://" and the socket's path.
  [[nodiscard]] std::string endpoint() const;
  [[nodiscard]] std::string socket_path() const;
  /// "tcp://127.0.0.1:PORT"; empty without Options::tcp.
  [[nodiscard]] std::string tcp_endpoint() const;

  // What the engine is like; [any thread], at any time.

  void set_api_version(const std::string &version);
  [[nodiscard]] std::string api_version() const;
  void set_min_api_version(const std::string &version); ///< "1.12"
  void set_engine_version(const std::string &version);  ///< "double"

  enum class Mood {
    answers,
    silent, ///< Requests wait, and are answered when the mood is another one.
    closes, ///< Each request is read, and its connection closed.
    leaves, ///< Each connection is closed as soon as it is taken; open ones are as in `closes`.
  };
  void set_mood(Mood mood);      ///< Of the whole engine.
  void set_ping_mood(Mood mood); ///< Of /_ping and /version alone (`leaves` is `closes` there).
  /// The script for /_ping and /version; nothing: as an engine answers.
  void set_ping_script(MaybeScript script);
  /// What is replied to a request whose body has not come yet; nothing: it is waited for.
  void set_early_script(MaybeScript script);

  /// Runs a call on the double's thread, after some time. [any thread]
  void after(std::chrono::milliseconds time, std::function<void()> call);

  // What it has seen; [any thread].

  /// The requests in their order, without /_ping and /version.
  [[nodiscard]] std::vector<Request> requests() const;
  /// The same with them.
  [[nodiscard]] std::vector<Request> all_requests() const;
  /// requests() as "GET /v1.41/info".
  [[nodiscard]] std::vector<std::string> sent_lines() const;
  /// requests() as "GET /info".
  [[nodiscard]] std::vector<std::string> lines() const;

  [[nodiscard]] std::vector<ConnectionSeen> connections() const;
  [[nodiscard]] std::size_t connection_count() const; ///< All that were ever open.
  [[nodiscard]] std::size_t open_connections() const;
  [[nodiscard]] std::size_t most_open_connections() const; ///< At once.

  /// Each returns whether it has come about within the limit. Requests are counted as in
  /// requests().
  [[nodiscard]] bool wait_for_requests(std::size_t count,
                                       std::chrono::milliseconds limit = kWaitLimit) const;
  [[nodiscard]] bool wait_closed(std::size_t connection,
                                 std::chrono::milliseconds limit = kWaitLimit) const;
  [[nodiscard]] bool wait_open_at_most(std::size_t count,
                                       std::chrono::milliseconds limit = kWaitLimit) const;

private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace mdocker::test
