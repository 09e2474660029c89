// SPDX-License-Identifier: Apache-2.0
#include "follower.hpp"

#include "event_stream.hpp"

#include "../methods/names.hpp"
#include "../methods/reconcile.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <optional>

namespace mdocker::follow {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

/// What was followed for so long was no attempt that failed.
constexpr std::chrono::seconds kLasting{1};

std::string_view verb_of(const methods::Difference &difference) {
  return difference.action() == methods::Difference::Action::plug ? "plugged" : "unplugged";
}

} // namespace

Follower::Follower(asio::any_io_executor executor, methods::Environment &environment,
                   std::function<void()> idle)
    : executor_(std::move(executor)), environment_(environment), idle_(std::move(idle)),
      wake_(executor_), pause_(executor_) {}

void Follower::start() {
  if (!environment_.network.can_look())
    return;
  environment_.network.watch([this](const network::Changed &changed) {
    if (changed.all)
      told(kAll);
    for (const std::string &guest : changed.guests)
      told(guest);
  });
  spawn(attend(), cancel_attend_);
  spawn(follow_events(), cancel_events_);
}

void Follower::stop() {
  if (std::exchange(stopping_, true))
    return;
  environment_.network.watch({});
  cancel_attend_.emit(methods::kPluginStops);
  cancel_events_.emit(methods::kPluginStops);
  for (const auto &[guest, look] : looks_)
    look->cancel.emit(methods::kPluginStops);
}

void Follower::spawn(asio::awaitable<void> work, asio::cancellation_signal &cancel) {
  ++running_;
  asio::co_spawn(executor_, std::move(work),
                 asio::bind_cancellation_slot(cancel.slot(), [this](const std::exception_ptr &) {
                   --running_;
                   end_if_idle();
                 }));
}

// Who tells is in the middle of something: the look begins when that is done.
void Follower::told(std::string guest) {
  if (told_.insert(std::move(guest)).second)
    wake_.cancel();
}

asio::awaitable<void> Follower::attend() {
  while (!stopping_) {
    if (told_.empty()) {
      wake_.expires_at(Clock::time_point::max());
      co_await wake_.async_wait(kTuple);
    }
    for (const std::string &guest : std::exchange(told_, {}))
      if (!stopping_)
        begin_look(guest);
  }
}

asio::awaitable<void> Follower::follow_events() {
  runtime::Backoff pauses;
  bool said = false;
  while (!stopping_) {
    std::optional<Clock::time_point> opened;
    std::string failure;
    EventStream events([this](const std::string &guest) { told(guest); },
                       [&] {
                         opened = Clock::now();
                         told(kAll);
                       });
    std::string path = events_path();
    try {
      const engine::Answer answer =
          co_await environment_.engine.follow(std::move(path), events, engine::Deadline::max());
      failure = answer.ok() ? "the engine ended them" : engine::refusal(answer, "events").what();
    } catch (const std::exception &error) {
      failure = error.what();
    }
    if (stopping_)
      co_return;
    if (opened && Clock::now() - *opened >= kLasting) {
      pauses.reset();
      said = false;
    }
    if (!std::exchange(said, true))
      environment_.log.info("the engine's events are not followed: " + failure);
    pause_.expires_after(pauses.next());
    co_await pause_.async_wait(kTuple);
  }
}

void Follower::begin_look(const std::string &guest) {
  if (!environment_.network.sees())
    return; // the switch tells of everything once it answers
  std::unique_ptr<Look> &look = looks_[guest];
  if (look) { // it is looked at: once more then, and at once where it waits for its next attempt
    look->again = true;
    look->pause.cancel();
    return;
  }
  look = std::make_unique<Look>(executor_);
  auto end = [this, guest](const std::exception_ptr &) {
    looks_.erase(guest);
    end_if_idle();
  };
  asio::co_spawn(executor_, keep_looking(guest, *look),
                 asio::bind_cancellation_slot(look->cancel.slot(), std::move(end)));
}

asio::awaitable<void> Follower::keep_looking(std::string guest, Look &look) {
  runtime::Backoff pauses;
  bool said = false;
  do {
    look.again = false;
    std::string failure;
    try {
      co_await look_once(guest);
      pauses.reset();
    } catch (const std::exception &error) {
      failure = error.what();
    }
    if (failure.empty() || stopping_)
      continue;
    if (!environment_.network.sees())
      co_return; // once it answers, it tells of everything
    environment_.log.write(std::exchange(said, true) ? Log::Level::debug : Log::Level::warning,
                           (guest.empty() ? "guests and ports" : "the ports of " + guest) +
                               " cannot be put right yet: " + failure,
                           Location::current());
    look.pause.expires_after(pauses.next());
    co_await look.pause.async_wait(kTuple);
    look.again = true;
  } while (look.again && !stopping_);
}

asio::awaitable<void> Follower::look_once(std::string guest) {
  if (guest.empty()) {
    co_await look_at_all();
    co_return;
  }
  const engine::Deadline deadline = Clock::now() + environment_.settings.timeouts.change;
  const std::optional<methods::Difference> found =
      co_await methods::mend_guest(environment_, guest, deadline);
  if (found && found->error)
    throw Error(*found->error);
  if (found && found->done)
    environment_.log.info(guest + " was " + std::string(verb_of(*found)) +
                          ": it was changed by somebody else");
}

asio::awaitable<void> Follower::look_at_all() {
  const engine::Deadline deadline = Clock::now() + environment_.settings.timeouts.change;
  const methods::Report report = co_await methods::reconcile(environment_, false, deadline);
  for (const methods::Difference &found : report.differences) {
    if (found.error)
      told(found.guest); // it is tried again by itself
    if (found.kind == methods::Difference::Kind::orphan)
      environment_.log.info("ports are left alone, whose guest is not known: those of " +
                            methods::shown(found.guest));
  }
}

void Follower::end_if_idle() {
  if (stopping_ && idle())
    idle_();
}

} // namespace mdocker::follow
