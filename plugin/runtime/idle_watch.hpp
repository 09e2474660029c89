// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <memory>

namespace mdocker::runtime {

/// Calls back when nothing has happened for too long. Time in which it is held does not count. On
/// the event loop only. Being touched costs a look at the clock: the timer is set once in a limit.
class IdleWatch {
public:
  using Limit = std::chrono::milliseconds;

  /// The first limit begins now. Nothing is called after the end of this.
  IdleWatch(const boost::asio::any_io_executor &executor, Limit limit, std::function<void()> idle);
  IdleWatch(const IdleWatch &) = delete;
  IdleWatch &operator=(const IdleWatch &) = delete;
  ~IdleWatch() = default;

  /// Something has happened; from now on it counts again.
  void touch();
  /// What does not happen is our own doing, until the next touch().
  void hold() noexcept { held_ = true; }
  /// Another limit, from now on.
  void set_limit(Limit limit);

private:
  void arm(std::chrono::steady_clock::time_point due);

  boost::asio::steady_timer timer_;
  Limit limit_;
  std::function<void()> idle_;
  std::chrono::steady_clock::time_point last_;
  bool held_ = false;
  bool armed_ = false;
  std::shared_ptr<const void> alive_ = std::make_shared<char>();
};

} // namespace mdocker::runtime
