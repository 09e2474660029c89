// SPDX-License-Identifier: Apache-2.0
#include "idle_watch.hpp"

#include <utility>

namespace mdocker::runtime {

using std::chrono::steady_clock;

IdleWatch::IdleWatch(const boost::asio::any_io_executor &executor, Limit limit,
                     std::function<void()> idle)
    : timer_(executor), limit_(limit), idle_(std::move(idle)), last_(steady_clock::now()) {
  arm(last_ + limit_);
}

void IdleWatch::touch() {
  last_ = steady_clock::now();
  held_ = false;
  if (!armed_)
    arm(last_ + limit_);
}

void IdleWatch::set_limit(Limit limit) {
  limit_ = limit;
  last_ = steady_clock::now();
  held_ = false;
  arm(last_ + limit_);
}

void IdleWatch::arm(steady_clock::time_point due) {
  armed_ = true;
  timer_.expires_at(due);
  timer_.async_wait([this, alive = std::weak_ptr(alive_)](const boost::system::error_code &error) {
    if (error || alive.expired())
      return;
    armed_ = false;
    if (held_)
      return;
    if (steady_clock::now() < last_ + limit_)
      arm(last_ + limit_);
    else
      idle_();
  });
}

} // namespace mdocker::runtime
