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
#include "half_answered.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace mdocker::image {
class Service;
}

namespace mdocker::methods {

class ImageLoads;
struct Reconciles;

namespace asio = boost::asio;

/// When a call has to give up its work, and when the host answers for it. The time between is for
/// finding out what became of a change whose answer never came.
struct Deadline {
  using Point = std::chrono::steady_clock::time_point;
  Point work;
  Point answer_by;

  /// Until when to find it out, so that our answer comes before the host's.
  [[nodiscard]] Point look_by() const noexcept { return answer_by - (answer_by - work) / 4; }
  /// Most of what has a deadline is work. NOLINTNEXTLINE(google-explicit-constructor)
  operator Point() const noexcept { return work; }
};

/// What the methods work with; outlives every call.
struct Environment {
  const Settings &settings;
  const Log &log;
  engine::Client &engine;
  network::Driver &network;
  runtime::Turns &turns; ///< Changes to one guest go in order, and those to one image.
  HalfAnswered &creates; ///< Creates of which we don't know what became.
  image::Service &service;
  ImageLoads &loads;
  Reconciles &reconciles;
};

/// A call whose params were found good.
class Call {
public:
  virtual ~Call() = default;
  /// The guest, container or image that it is about, for messages; may be empty.
  [[nodiscard]] virtual std::string_view subject() const noexcept = 0;
  /// How long it may take, where the params say something else than the method's default; else 0.
  [[nodiscard]] virtual std::chrono::milliseconds wanted_time(const Settings &) const {
    return std::chrono::milliseconds(0);
  }
  /// Does the work and returns the result as JSON. Throws Error. The Call lives until it is done.
  virtual asio::awaitable<std::string> run(Environment &environment, Deadline deadline) = 0;

  /// Who is told how far it is: one JSON object each time, on the event loop. False: nobody waits
  /// for the call any more; kCallerLeaves is on its way.
  using Report = std::function<bool(std::string_view json)>;
  void report_to(Report report) { report_ = std::move(report); }

protected:
  Report report_;
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
  /// What a call's subject is: its key in the data of errors.
  std::string_view subject = "guest";
};

/// The two ways in which a call is ended before it is done. Its caller leaves: what waits is given
/// up, also for an answer of the engine. A change that was sent is not undone by that: the engine
/// goes on with it. So the call keeps its guest's turn until it has found out what became of the
/// change, and what has to follow (plugging, unplugging, the start of a restart) is done. The
/// plugin stops: everything is given up.
inline constexpr asio::cancellation_type kCallerLeaves = asio::cancellation_type::total;
inline constexpr asio::cancellation_type kPluginStops = asio::cancellation_type::terminal;

/// Does a call's work, open to both. The call outlives it.
asio::awaitable<std::string> run(Call &call, Environment &environment, Deadline deadline);

/// Every method of the plugin.
std::span<const Method> all() noexcept;

} // namespace mdocker::methods
