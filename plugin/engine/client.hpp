// SPDX-License-Identifier: Apache-2.0
//
// The Docker Engine API, as far as a client of any method needs it: requests go out with the
// version that both sides know, answers come back whole. Runs on the plugin's event loop only.
#pragma once

#include "body_stream.hpp"
#include "breaker.hpp"
#include "endpoint.hpp"

#include "../error.hpp"
#include "../log.hpp"
#include "../settings.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace mdocker::engine {

namespace asio = boost::asio;
using Deadline = std::chrono::steady_clock::time_point;

/// A query string in the making, each value percent-encoded (RFC 3986).
class Query {
public:
  Query &add(std::string_view name, std::string_view value);
  /// "?a=1&b=2", or "" where nothing was added.
  [[nodiscard]] const std::string &text() const noexcept { return text_; }

private:
  std::string text_;
};

/// Statuses of the engine that methods have an answer of their own to.
inline constexpr unsigned kNotFound = 404;
inline constexpr unsigned kConflict = 409;
inline constexpr unsigned kEnds = 503; ///< Or it has not begun yet.

/// What the engine answered, whatever the status.
struct Answer {
  unsigned status = 0;
  std::string body;

  [[nodiscard]] bool ok() const noexcept { return status >= 200 && status < 300; }
  /// The engine's own words: "message" of its JSON, or the start of the body where it is none.
  [[nodiscard]] std::string message() const;
};

/// The error that a refusal of the engine is: "API error (409): ..." with kind by status (400
/// invalid, 404 not_found, 409 conflict, 503 unavailable, else engine).
Error refusal(const Answer &answer, std::string_view phase);

/// The phases of the errors of an exchange that came to nothing.
inline constexpr std::string_view kNoAnswer = "answer";    ///< The engine was silent.
inline constexpr std::string_view kBrokenOff = "transfer"; ///< The connection ended too early.

/// Whose read it is. Those of calls that make many at once have half of the places (where there is
/// more than one), so that a call that makes one finds one.
enum class Share { one, bulk };

class Client {
public:
  /// settings and log outlive the event loop's last handler.
  Client(const asio::any_io_executor &executor, const Settings &settings, const Log &log);
  /// No request is under way.
  ~Client();
  Client(const Client &) = delete;
  Client &operator=(const Client &) = delete;

  /// Asks. path begins with '/', without the version, and may carry a query; whoever builds it has
  /// checked what goes into it. Sent again once where a kept connection turned out dead.
  /// Throws Error (unavailable, timeout, cancelled, engine); a status is no error here. While the
  /// engine does not answer at all, or has left this path unanswered several times in a row, it
  /// throws unavailable at once, or after the moment that a probe is given (see Breaker).
  asio::awaitable<Answer> get(std::string path, Deadline deadline, Share share = Share::one);

  /// Asks for what comes piece by piece, through the stream, which outlives this: on a connection
  /// of its own, and in none of the places that reads have. Throws as get(), also where the end of
  /// the answer has not come by then, and what the stream throws.
  asio::awaitable<Answer> follow(std::string path, BodyStream &answer, Deadline deadline);

  /// Changes something. Each goes out once, on a connection of its own: never sent again by itself.
  /// body is JSON; without one none is sent. An answer that did not come, also because the call was
  /// cancelled, is unknown_outcome, unless nothing was sent (unavailable, cancelled).
  asio::awaitable<Answer> post(std::string path, std::optional<std::string> body,
                               Deadline deadline);
  asio::awaitable<Answer> del(std::string path, Deadline deadline);

  /// Sends an archive to be loaded: once, in pieces, and as slowly as the engine takes it. The
  /// engine's answer goes through the same stream, which outlives this; the body that comes back
  /// here is empty. How long it may take is for the caller to say, by abort(). Throws as post(),
  /// and what the stream throws.
  asio::awaitable<Answer> load(BodyStream &archive);
  /// See Transfers.
  void resume(const BodyStream &archive);
  void abort(const BodyStream &archive, std::exception_ptr why);

  /// What is known of the engine from the last exchange, and what a fresh look says.
  struct State {
    bool ready = false;
    std::string reason; ///< Where it is not ready.
    Breaker::State breaker = Breaker::State::closed;
    std::string api_version;
    std::string engine_version;
  };
  asio::awaitable<State> check(Deadline deadline);

  [[nodiscard]] const Endpoint &endpoint() const noexcept;
  /// Of the engine that was asked last: "linux/amd64"; empty where it does not say.
  [[nodiscard]] const std::string &platform() const noexcept;

private:
  class Impl;
  std::shared_ptr<Impl> impl_; ///< Shared with a probe that is under way.
};

} // namespace mdocker::engine
