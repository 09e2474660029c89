// SPDX-License-Identifier: Apache-2.0
//
// Keeps guests connected, whatever happens to them behind our back.
#pragma once

#include "../methods/method.hpp"
#include "../runtime/backoff.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

namespace mdocker::follow {

namespace asio = boost::asio;

/// Follows the engine's events and the changes of what is plugged: looks at each guest that they
/// tell of when it is its turn, and at everything whenever something may have been missed. On the
/// event loop only.
class Follower {
public:
  /// idle: called when stop() has come to its end. All that is given outlives it.
  Follower(asio::any_io_executor executor, methods::Environment &environment,
           std::function<void()> idle);
  Follower(const Follower &) = delete;
  Follower &operator=(const Follower &) = delete;

  /// Where the network driver cannot look there is nothing to follow.
  void start();
  /// Gives up what is under way, and begins nothing more.
  void stop();
  /// Whether nothing is under way: it may be destroyed.
  [[nodiscard]] bool idle() const noexcept { return running_ == 0 && looks_.empty(); }

private:
  /// The key of the look at everything: no guest has it.
  static constexpr const char *kAll = "";

  // A look at a guest that goes on until it has succeeded and nothing was told meanwhile.
  struct Look {
    explicit Look(const asio::any_io_executor &executor) : pause(executor) {}
    bool again = false;
    asio::steady_timer pause; ///< After a failure.
    asio::cancellation_signal cancel;
  };

  void spawn(asio::awaitable<void> work, asio::cancellation_signal &cancel);
  void told(std::string guest);
  asio::awaitable<void> attend();
  asio::awaitable<void> follow_events();
  void begin_look(const std::string &guest);
  asio::awaitable<void> keep_looking(std::string guest, Look &look);
  asio::awaitable<void> look_once(std::string guest);
  asio::awaitable<void> look_at_all();
  void end_if_idle();

  asio::any_io_executor executor_;
  methods::Environment &environment_;
  std::function<void()> idle_;
  std::set<std::string> told_; ///< Guests that nobody looks at yet.
  asio::steady_timer wake_;    ///< Cancelled when there is something in told_.
  asio::steady_timer pause_;   ///< Between two attempts to follow.
  std::map<std::string, std::unique_ptr<Look>> looks_;
  asio::cancellation_signal cancel_attend_;
  asio::cancellation_signal cancel_events_;
  int running_ = 0;
  bool stopping_ = false;
};

} // namespace mdocker::follow
