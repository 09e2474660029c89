// SPDX-License-Identifier: Apache-2.0
#include "change.hpp"

#include "names.hpp"

namespace mdocker::methods {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

// For a look after a change without an answer: there is little time left before the host answers.
constexpr auto kLook = 1500ms;

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
