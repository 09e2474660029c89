// SPDX-License-Identifier: Apache-2.0
//
// A circuit breaker: what does not answer is not waited for by everybody.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

namespace mdocker::engine {

namespace asio = boost::asio;

/// Closed, it lets requests through and counts those in a row that were not answered. At a limit it
/// asks once more by itself; where that is not answered either it opens, and requests fail at once.
/// Open, it goes on asking, one probe at a time and as long as somebody is turned away; half open,
/// the first requests that come wait a moment for the probe. The first answer closes it. On the
/// event loop only.
class Breaker : public std::enable_shared_from_this<Breaker> {
public:
  using Clock = std::chrono::steady_clock;
  enum class State { closed, open, half_open };

  struct Options {
    unsigned limit = 1;                      ///< Unanswered requests in a row until it asks.
    std::chrono::milliseconds doubt{2'000};  ///< How long it waits then before it opens.
    std::chrono::milliseconds probe{15'000}; ///< How long a probe waits while it is open.
  };
  /// Asks, and says whether there was an answer by then. Keeps alive what it needs.
  using Probe = std::function<asio::awaitable<bool>(Clock::time_point until)>;
  /// Told of each opening and closing.
  using Told = std::function<void(bool open)>;

  Breaker(asio::any_io_executor executor, const Options &options, Probe probe, Told told);

  /// Whether a request may be sent. Waits at most a moment, for a probe that has just begun.
  asio::awaitable<bool> admit();

  void answered();
  void unanswered();

  /// Gives a probe up that is under way. Afterwards nothing is asked any more.
  void shut_down();

  [[nodiscard]] State state() const noexcept;
  /// When the first of the requests that went unanswered did so.
  [[nodiscard]] Clock::time_point since() const noexcept { return since_; }

private:
  void begin_probing();
  asio::awaitable<void> keep_asking();
  void set_open(bool open);

  asio::any_io_executor executor_;
  Options options_;
  Probe probe_;
  Told told_;
  asio::steady_timer fresh_; ///< Until when the probe under way is one to wait for.
  asio::cancellation_signal cancel_;
  Clock::time_point since_;
  unsigned unanswered_ = 0;
  std::uint64_t answers_ = 0;
  bool open_ = false;
  bool probing_ = false;
  bool wanted_ = false; ///< Somebody was turned away since the probe began.
  bool shut_down_ = false;
};

std::string_view state_name(Breaker::State state) noexcept;

} // namespace mdocker::engine
