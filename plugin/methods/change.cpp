// SPDX-License-Identifier: Apache-2.0
#include "change.hpp"

#include "names.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>

namespace mdocker::methods {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

// For a change whose caller has gone. Shorter than the time that a host gives a plugin to stop.
constexpr auto kPatience = 8s;
// For a look after a change without an answer: there is little time left before the host answers.
constexpr auto kLook = 1500ms;

// Work on its way, and what it came to.
struct Carried {
  explicit Carried(const asio::any_io_executor &executor) : over(executor) {}
  asio::cancellation_signal cancel;
  asio::steady_timer over; ///< Cancelled when it is done.
  bool done = false;
  std::exception_ptr failure;
  std::string result;
};

// What there is to see of a container after a change whose answer did not come.
asio::awaitable<std::string> look(Environment &environment, std::string id) {
  try {
    const Container container = co_await inspect(environment, id, steady_clock::now() + kLook);
    co_return id + " is " + std::string(state_name(container.state)) + " now";
  } catch (const Error &error) {
    if (error.kind() == Kind::not_found)
      co_return "there is no " + id + " now";
    co_return "looking at " + id + " failed too: " + error.what();
  }
}

// An error that leaves the outcome unknown, with what is to be seen.
asio::awaitable<Error> explained(Environment &environment, std::string verb, std::string id,
                                 Error error) {
  const std::string seen = co_await look(environment, id);
  co_return Error(Kind::unknown_outcome, verb + " of " + id + ": " + error.what() + "; " + seen)
      .with_status(error.engine_status())
      .in_phase(verb);
}

} // namespace

asio::awaitable<runtime::Turns::Turn> take_turn(Environment &environment, std::string id,
                                                Deadline deadline) {
  std::string key = id;
  if (may_be_hex_id(id)) {
    try {
      Container container = co_await inspect(environment, std::move(id), deadline);
      if (!container.name.empty())
        key = std::move(container.name);
    } catch (const Error &error) {
      if (error.kind() != Kind::not_found)
        throw;
    }
  }
  co_return co_await environment.turns.take(std::move(key), deadline);
}

asio::awaitable<std::string> carry_through(asio::awaitable<std::string> work) {
  const auto executor = co_await asio::this_coro::executor;
  const auto carried = std::make_shared<Carried>(executor);
  auto completion = [carried](std::exception_ptr failure, std::string result) {
    carried->done = true;
    carried->failure = std::move(failure);
    carried->result = std::move(result);
    carried->over.cancel();
  };
  carried->over.expires_at(steady_clock::time_point::max());
  asio::co_spawn(executor, std::move(work),
                 asio::bind_cancellation_slot(carried->cancel.slot(), std::move(completion)));
  if (!carried->done)
    co_await carried->over.async_wait(asio::as_tuple(asio::use_awaitable));
  if (!carried->done) { // the caller is cancelled
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    carried->over.expires_after(kPatience);
    co_await carried->over.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  if (!carried->done) {
    carried->over.expires_at(steady_clock::time_point::max());
    carried->cancel.emit(asio::cancellation_type::terminal);
  }
  while (!carried->done)
    co_await carried->over.async_wait(asio::as_tuple(asio::use_awaitable));
  if (carried->failure)
    std::rethrow_exception(carried->failure);
  co_return std::move(carried->result);
}

asio::awaitable<engine::Answer> change(Environment &environment, std::string verb, std::string id,
                                       std::string path, std::optional<std::string> body,
                                       Deadline deadline) {
  std::optional<Error> failure;
  try {
    co_return co_await environment.engine.post(std::move(path), std::move(body), deadline);
  } catch (const Error &error) {
    if (error.kind() != Kind::unknown_outcome)
      throw;
    failure = error;
  }
  const Error told = co_await explained(environment, std::move(verb), std::move(id), *failure);
  throw told;
}

asio::awaitable<engine::Answer> remove(Environment &environment, std::string id, std::string path,
                                       Deadline deadline) {
  std::optional<Error> failure;
  try {
    co_return co_await environment.engine.del(std::move(path), deadline);
  } catch (const Error &error) {
    if (error.kind() != Kind::unknown_outcome)
      throw;
    failure = error;
  }
  const Error told = co_await explained(environment, "delete", std::move(id), *failure);
  throw told;
}

void require_done(const engine::Answer &answer, std::string_view verb, std::string_view id) {
  constexpr unsigned kAlready = 304;
  constexpr unsigned kNotFound = 404;
  if (answer.ok() || answer.status == kAlready)
    return;
  if (answer.status == kNotFound)
    throw no_such_container(id).in_phase(std::string(verb));
  throw engine::refusal(answer, verb);
}

} // namespace mdocker::methods
