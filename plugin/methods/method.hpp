// SPDX-License-Identifier: Apache-2.0
//
// A method in two steps. prepare() reads and checks the params at once, on the thread that the call
// came in on, so that what is refused costs no turn of the event loop. run() does the work on the
// event loop, and reads top to bottom.
#pragma once

#include "../engine/client.hpp"
#include "../error.hpp"
#include "../log.hpp"
#include "../network/driver.hpp"
#include "../runtime/turns.hpp"
#include "../settings.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace mdocker::methods {

namespace asio = boost::asio;
using Deadline = std::chrono::steady_clock::time_point;

/// What the methods work with; outlives every call.
struct Environment {
  const Settings &settings;
  const Log &log;
  engine::Client &engine;
  network::Driver &network;
  runtime::Turns &turns; ///< Changes to one guest go in order.
};

/// A call whose params were found good.
class Call {
public:
  virtual ~Call() = default;
  /// The guest or container that it is about, for messages; may be empty.
  [[nodiscard]] virtual std::string_view subject() const noexcept = 0;
  /// How long it may take, where the params say something else than the method's default; else 0.
  [[nodiscard]] virtual std::chrono::milliseconds wanted_time(const Settings &) const {
    return std::chrono::milliseconds(0);
  }
  /// Does the work and returns the result as JSON. Throws Error. The Call lives until it is done.
  virtual asio::awaitable<std::string> run(Environment &environment, Deadline deadline) = 0;
};

struct Method {
  std::string_view name; ///< "MDocker.GetContainer"
  std::string_view summary;
  bool read_only;
  std::string_view params_schema_json;
  std::string_view result_schema_json;
  /// The default deadline.
  std::chrono::milliseconds (*time)(const Settings &);
  /// Throws InvalidParams for a field of the wrong type, Error for what can be refused at once.
  std::unique_ptr<Call> (*prepare)(std::string_view params_json);
};

/// The two ways in which a call is ended before it is done. Its caller leaves: a read is given up,
/// and so is a change that waits for its turn; one that has begun goes on to its end, since the
/// engine goes on with it too, and the next one's turn must not come before that. The plugin stops:
/// everything is given up.
inline constexpr asio::cancellation_type kCallerLeaves = asio::cancellation_type::total;
inline constexpr asio::cancellation_type kPluginStops = asio::cancellation_type::terminal;

/// Does a call's work, open to both. The call outlives it.
asio::awaitable<std::string> run(Call &call, Environment &environment, Deadline deadline);

/// Every method of the plugin.
std::span<const Method> all() noexcept;

} // namespace mdocker::methods
