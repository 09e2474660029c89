// SPDX-License-Identifier: Apache-2.0
//
// What the methods that change something have in common.
#pragma once

#include "inspect.hpp"

#include <boost/asio/this_coro.hpp>

namespace mdocker::methods {

/// The turn of a container, whichever of its names it is asked for by. Throws Error as
/// Turns::take().
asio::awaitable<runtime::Turns::Turn> take_turn(Environment &environment, std::string id,
                                                Deadline deadline);

/// Does a change when it is its turn. From then on only the end of the plugin cancels it.
template <class Request, asio::awaitable<std::string> (*Run)(Environment &, Request, Deadline)>
asio::awaitable<std::string> in_turn(Environment &environment, Request request, Deadline deadline) {
  std::string id(request.subject());
  const auto turn = co_await take_turn(environment, std::move(id), deadline);
  co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
  co_return co_await Run(environment, std::move(request), deadline);
}

/// Sends a change, without a body where there is none. Throws what the client throws; where the
/// outcome is not known, it looks, and the message says what was done to which container and what
/// was seen of it.
asio::awaitable<engine::Answer> change(Environment &environment, std::string verb, std::string id,
                                       std::string path, std::optional<std::string> body,
                                       Deadline deadline);
/// The same with DELETE.
asio::awaitable<engine::Answer> remove(Environment &environment, std::string id, std::string path,
                                       Deadline deadline);

/// Throws where the engine refused: 404 is `No such container: ID`; 304 (it is so already) is fine.
void require_done(const engine::Answer &answer, std::string_view verb, std::string_view id);

} // namespace mdocker::methods
