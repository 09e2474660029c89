// SPDX-License-Identifier: Apache-2.0
#include "change.hpp"

#include "names.hpp"

namespace mdocker::methods {
namespace {

// Throws the error again, with what a caller needs who has to find out what became of the change.
[[noreturn]] void rethrow(const Error &error, const std::string &verb, const std::string &id) {
  if (error.kind() != Kind::unknown_outcome)
    throw error;
  throw Error(Kind::unknown_outcome, verb + " of " + id + ": " + error.what() +
                                         "; it may have been done: look with GetContainer before "
                                         "trying again")
      .with_status(error.engine_status())
      .in_phase(verb);
}

} // namespace

asio::awaitable<runtime::Turns::Turn> take_turn(Environment &environment, std::string id,
                                                Deadline deadline) {
  std::string key = id;
  if (may_be_hex_id(id)) {
    Container container = co_await inspect(environment, id, deadline);
    if (!container.name.empty())
      key = std::move(container.name);
  }
  co_return co_await environment.turns.take(std::move(key), deadline);
}

asio::awaitable<engine::Answer> change(Environment &environment, std::string verb, std::string id,
                                       std::string path, std::optional<std::string> body,
                                       Deadline deadline) {
  try {
    co_return co_await environment.engine.post(std::move(path), std::move(body), deadline);
  } catch (const Error &error) {
    rethrow(error, verb, id);
  }
}

asio::awaitable<engine::Answer> remove(Environment &environment, std::string id, std::string path,
                                       Deadline deadline) {
  try {
    co_return co_await environment.engine.del(std::move(path), deadline);
  } catch (const Error &error) {
    rethrow(error, "delete", id);
  }
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
