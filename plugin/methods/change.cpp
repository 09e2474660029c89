// SPDX-License-Identifier: Apache-2.0
#include "change.hpp"

#include "names.hpp"

#include <boost/asio/this_coro.hpp>

namespace mdocker::methods {
namespace {

bool has(asio::cancellation_type cancelled, asio::cancellation_type bit) noexcept {
  return (cancelled & bit) != asio::cancellation_type::none;
}

asio::awaitable<engine::Answer> send(Environment &environment, const Change &change,
                                     Deadline deadline) {
  if (change.verb == Change::Verb::del)
    return environment.engine.del(change.path, deadline);
  return environment.engine.post(change.path, change.body, deadline);
}

// An engine that ends says 503 also of what it has begun, and does it or not.
Error lost_at_its_end(const engine::Answer &answer) {
  return Error(Kind::unknown_outcome, engine::refusal(answer, {}).what())
      .with_status(answer.status)
      .in_phase(std::string(engine::kBrokenOff));
}

Error not_done(const Change &change, const Error &lost, const std::string &seen) {
  return Error(lost.phase() == engine::kNoAnswer ? Kind::timeout : Kind::unavailable,
               change.name + " of " + change.id + " was not done: " + lost.what() + "; " + seen)
      .with_status(lost.engine_status())
      .in_phase(change.name)
      .with_details_of(lost)
      .with_detail("outcome", "not_done");
}

} // namespace

Error unknown_outcome(const Change &change, const Error &lost, const std::string &seen) {
  return Error(Kind::unknown_outcome, "whether " + change.name + " of " + change.id +
                                          " was done is unknown: " + lost.what() + "; " + seen +
                                          "; see " + change.check + " before it is sent again")
      .that_may_be_retried(change.repeatable)
      .with_status(lost.engine_status())
      .in_phase(change.name)
      .with_details_of(lost)
      .with_detail("outcome", "unknown")
      .with_detail("check", change.check);
}

asio::awaitable<void> find_out(Environment &environment, const Change &change, Error lost,
                               bool to_its_end, engine::Deadline until) {
  std::optional<Change::Finding> finding;
  std::string unseen;
  try {
    if (to_its_end)
      finding = co_await change.await_end(environment, until);
    else
      finding = co_await change.look(environment, until);
  } catch (const Error &error) {
    if (error.kind() == Kind::conflict || error.kind() == Kind::not_found)
      throw;
    unseen = error.what();
  }
  if (!finding)
    throw unknown_outcome(change, lost, "looking at it failed too: " + unseen);
  if (!finding->done && (finding->may_come || (change.slow && lost.phase() == engine::kNoAnswer)))
    throw unknown_outcome(change, lost, finding->seen + " so far");
  if (!finding->done)
    throw not_done(change, lost, finding->seen);
  environment.log.warning(change.name + " of " + change.id + " was done: " + lost.what() + "; " +
                          finding->seen);
}

asio::awaitable<runtime::Turns::Turn> take_turn(Environment &environment, std::string id,
                                                Deadline deadline) {
  const runtime::Turns::Arrival arrival = environment.turns.arrive();
  if (!may_be_hex_id(id))
    co_return co_await environment.turns.take(std::move(id), deadline, arrival);
  // One by one for each spelling, so that they queue in the order in which they came.
  std::string spelling = "spelt " + id;
  const auto resolving = co_await environment.turns.take(std::move(spelling), deadline, arrival);
  std::string key = id;
  try {
    Container container = co_await inspect(environment, std::move(id), deadline);
    if (!container.name.empty())
      key = std::move(container.name);
  } catch (const Error &error) {
    if (error.kind() != Kind::not_found)
      throw;
  }
  co_return co_await environment.turns.take(std::move(key), deadline, arrival);
}

ContainerChange::ContainerChange(std::string change, std::string container_id, std::string target,
                                 std::string_view query, IsDone is_done, const Container *before)
    : target_(std::move(target)), is_done_(is_done), before_(before) {
  name = std::move(change);
  id = std::move(container_id);
  check = "GetContainer " + id;
  path = container_path(target_, name);
  path.append(query);
}

asio::awaitable<Change::Finding> ContainerChange::look(Environment &environment,
                                                       engine::Deadline until) const {
  const std::optional<Container> after = co_await inspect_if_any(environment, target_, until);
  co_return found(after);
}

Change::Finding ContainerChange::found(const std::optional<Container> &after) const {
  if (after)
    return {is_done_(&*after, before_), id + " is " + std::string(state_name(after->state))};
  if (!is_done_(nullptr, before_))
    throw no_such_container(id).in_phase(name);
  return {true, "there is no " + id + " any more"};
}

asio::awaitable<Done> carry_out(Environment &environment, const Change &change, Deadline deadline) {
  Done done{{}, deadline.work};
  std::optional<Error> lost;
  try {
    done.answer = co_await send(environment, change, deadline);
    if (done.answer->status == engine::kEnds) {
      lost = lost_at_its_end(*done.answer);
      done.answer.reset();
    }
  } catch (const Error &error) {
    if (error.kind() != Kind::unknown_outcome)
      throw;
    lost = error;
  }
  const auto cancelled = (co_await asio::this_coro::cancellation_state).cancelled();
  if (has(cancelled, kPluginStops)) {
    if (lost)
      throw unknown_outcome(change, *lost, "the plugin stops");
    co_return done; // and no further: the next wait is cancelled
  }
  co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
  if (lost) {
    const bool nobody_waits = has(cancelled, kCallerLeaves);
    done.rest = nobody_waits ? deadline.answer_by : deadline.look_by();
    co_await find_out(environment, change, *lost, nobody_waits, done.rest);
  }
  co_return done;
}

void require_done(const std::optional<engine::Answer> &answer, std::string_view verb,
                  std::string_view id) {
  constexpr unsigned kAlready = 304;
  if (!answer || answer->ok() || answer->status == kAlready)
    return;
  if (answer->status == engine::kNotFound)
    throw no_such_container(id).in_phase(std::string(verb));
  throw engine::refusal(*answer, verb);
}

} // namespace mdocker::methods
