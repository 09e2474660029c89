// SPDX-License-Identifier: Apache-2.0
#include "turns.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <optional>

namespace mdocker::runtime {

// Lives in the coroutine that waits. The timer is its deadline, and cancelling it wakes it.
struct Turns::Waiter {
  asio::steady_timer timer;
  Arrival arrival;
  bool granted = false;
  std::optional<Error> sent_away = {};
};

asio::awaitable<Turns::Turn> Turns::take(std::string key, Deadline deadline) {
  return take(std::move(key), deadline, arrive());
}

asio::awaitable<Turns::Turn> Turns::take(std::string key, Deadline deadline, Arrival arrival) {
  Queue &queue = queues_[key]; // stays where it is while somebody holds the key
  if (queue.holders < width_) {
    ++queue.holders;
    co_return Turn(*this, std::move(key));
  }
  Waiter waiter{asio::steady_timer(co_await asio::this_coro::executor, deadline), arrival};
  // Nearly always the end: searched from there.
  const auto before = std::find_if(queue.waiters.rbegin(), queue.waiters.rend(),
                                   [&](const Waiter *other) { return other->arrival < arrival; });
  const auto place = queue.waiters.insert(before.base(), &waiter);
  co_await waiter.timer.async_wait(asio::as_tuple(asio::use_awaitable));
  if (waiter.granted)
    co_return Turn(*this, std::move(key));
  if (waiter.sent_away)
    throw Error(*waiter.sent_away);
  queue.waiters.erase(place);
  const auto cancelled = (co_await asio::this_coro::cancellation_state).cancelled();
  if (cancelled != asio::cancellation_type::none)
    throw Error(Kind::cancelled, "cancelled while waiting for its turn").in_phase("wait");
  throw Error(Kind::timeout, "not its turn in time: earlier calls" +
                                 (key.empty() ? std::string() : " for " + key) + " still run")
      .in_phase("wait");
}

void Turns::pass_on(const std::string &key) noexcept {
  const auto it = queues_.find(key);
  Queue &queue = it->second;
  if (queue.waiters.empty()) {
    if (--queue.holders == 0)
      queues_.erase(it);
    return;
  }
  Waiter *next = queue.waiters.front();
  queue.waiters.pop_front();
  next->granted = true;
  next->timer.cancel();
}

void Turns::send_away(const std::string &key, const Error &why) {
  const auto it = queues_.find(key);
  if (it == queues_.end())
    return;
  for (Waiter *waiter : std::exchange(it->second.waiters, {})) {
    waiter->sent_away = why;
    waiter->timer.cancel();
  }
}

} // namespace mdocker::runtime
