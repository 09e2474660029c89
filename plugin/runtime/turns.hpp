// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../error.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <string>
#include <utility>

namespace mdocker::runtime {

namespace asio = boost::asio;

/// So many at a time for each key, in order of arrival; keys never wait for each other. On the
/// event loop only. Must outlive its turns.
class Turns {
public:
  using Deadline = std::chrono::steady_clock::time_point;
  /// The order of arrival: the lower came first.
  using Arrival = std::uint64_t;

  explicit Turns(std::size_t width = 1) : width_(width) {}
  Turns(const Turns &) = delete;
  Turns &operator=(const Turns &) = delete;

  /// Held while it is one's turn; gives it on to the next when it is destroyed.
  class Turn {
  public:
    Turn(Turns &turns, std::string key) : turns_(&turns), key_(std::move(key)) {}
    Turn(Turn &&other) noexcept
        : turns_(std::exchange(other.turns_, nullptr)), key_(std::move(other.key_)) {}
    Turn &operator=(Turn &&) = delete;
    ~Turn() {
      if (turns_ != nullptr)
        turns_->pass_on(key_);
    }

  private:
    Turns *turns_;
    std::string key_;
  };

  /// For who has something to do before it can queue, and wants to keep its place in the order.
  [[nodiscard]] Arrival arrive() noexcept { return ++arrivals_; }

  /// Waits for one's turn. Throws Error: timeout when it has not come by the deadline, cancelled
  /// when the waiting coroutine is; it has then left the queue.
  asio::awaitable<Turn> take(std::string key, Deadline deadline = Deadline::max());
  asio::awaitable<Turn> take(std::string key, Deadline deadline, Arrival arrival);

  /// Ends the waiting of all that wait for the key, by that error.
  void send_away(const std::string &key, const Error &why);

  /// How many keys are in use.
  [[nodiscard]] std::size_t keys() const noexcept { return queues_.size(); }

private:
  struct Waiter;
  struct Queue {
    std::size_t holders = 0;
    std::list<Waiter *> waiters;
  };
  void pass_on(const std::string &key) noexcept;

  std::size_t width_;
  Arrival arrivals_ = 0;
  std::map<std::string, Queue, std::less<>> queues_; ///< Keys that somebody holds.
};

} // namespace mdocker::runtime
