// SPDX-License-Identifier: Apache-2.0
#include "breaker.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <utility>

namespace mdocker::engine {
namespace {

// What a request waits for a probe: an engine that is well answers in a fraction of it.
constexpr std::chrono::milliseconds kMoment{500};

} // namespace

std::string_view state_name(Breaker::State state) noexcept {
  switch (state) {
  case Breaker::State::closed:
    return "closed";
  case Breaker::State::half_open:
    return "half_open";
  case Breaker::State::open:
    break;
  }
  return "open";
}

Breaker::Breaker(asio::any_io_executor executor, const Options &options, Probe probe, Told told)
    : executor_(std::move(executor)), options_(options), probe_(std::move(probe)),
      told_(std::move(told)), fresh_(executor_) {}

Breaker::State Breaker::state() const noexcept {
  if (!open_)
    return State::closed;
  return probing_ ? State::half_open : State::open;
}

asio::awaitable<bool> Breaker::admit() {
  if (!open_)
    co_return true;
  wanted_ = true;
  const std::shared_ptr<Breaker> self = shared_from_this();
  begin_probing();
  if (fresh_.expiry() > Clock::now())
    co_await fresh_.async_wait(asio::as_tuple(asio::use_awaitable));
  co_return !open_;
}

void Breaker::answered() {
  ++answers_;
  unanswered_ = 0;
  set_open(false);
}

void Breaker::unanswered() {
  if (unanswered_++ == 0)
    since_ = Clock::now();
  if (!open_ && unanswered_ >= options_.limit)
    begin_probing();
}

void Breaker::shut_down() {
  if (std::exchange(shut_down_, true) || !probing_)
    return;
  // On the loop, where it takes effect at once: the probe may end before what is put off.
  asio::post(executor_, [self = shared_from_this()] {
    if (self->probing_)
      self->cancel_.emit(asio::cancellation_type::terminal);
  });
}

void Breaker::begin_probing() {
  if (probing_ || shut_down_)
    return;
  probing_ = true;
  fresh_.expires_after(open_ ? kMoment : std::chrono::milliseconds(0));
  asio::co_spawn(executor_, keep_asking(),
                 asio::bind_cancellation_slot(
                     cancel_.slot(), [self = shared_from_this()](const std::exception_ptr &) {
                       self->probing_ = false; // also where the probe was cancelled
                       self->fresh_.cancel();
                     }));
}

asio::awaitable<void> Breaker::keep_asking() {
  do {
    wanted_ = !open_; // by what it opens on
    const std::uint64_t answers = answers_;
    const bool there = co_await probe_(Clock::now() + (open_ ? options_.probe : options_.doubt));
    if (shut_down_)
      co_return;
    if (there) {
      answered();
      co_return;
    }
    if (answers_ != answers) // to another request, meanwhile
      co_return;
    set_open(true);
  } while (wanted_);
}

void Breaker::set_open(bool open) {
  if (open_ == open)
    return;
  open_ = open;
  fresh_.cancel();
  told_(open);
}

} // namespace mdocker::engine
