// SPDX-License-Identifier: Apache-2.0
//
// What the engine says of a container, and the answers of the engine in general.
#pragma once

#include "decode.hpp"
#include "method.hpp"

namespace mdocker::methods {

enum class State { stopped, running, paused };
std::string_view state_name(State state) noexcept;

struct Container {
  std::string id;   ///< Full.
  std::string name; ///< Without the slash that the engine puts before it.
  State state = State::stopped;
  bool removing = false; ///< Its removal is under way.
  std::int64_t pid = 0;
  std::string started_at; ///< As the engine writes it: another one after each start.
  Strings labels;

  /// Whether it is a guest that we made.
  [[nodiscard]] bool ours() const;
  /// What a network driver is told of it.
  [[nodiscard]] network::Port port() const;
};

/// Reads an inspect answer. Throws Error (engine) where it is none.
Container parse_container(std::string_view body);

/// The members of an engine's answer. Throws Error (engine) where it is no well-formed JSON object.
json::Members answer_members(std::string_view body, std::string_view phase);
/// The same answer as it came, without white space around it, to be spliced into a result.
std::string_view answer_object(std::string_view body, std::string_view phase);
/// "the engine's answer to PHASE: WHAT"
Error bad_answer(std::string_view phase, std::string_view what);

Error no_such_container(std::string_view id);

/// Looks. Throws Error (not_found) `No such container: ID`.
asio::awaitable<Container> inspect(Environment &environment, std::string id,
                                   engine::Deadline deadline);
/// The same; nothing where there is no such container.
asio::awaitable<std::optional<Container>> inspect_if_any(Environment &environment, std::string id,
                                                         engine::Deadline deadline,
                                                         engine::Share share = engine::Share::one);

/// Looks at what a change has made: where that fails, the message begins with what was done, and no
/// answer in time means that the outcome is not known.
asio::awaitable<Container> inspect_after(Environment &environment, std::string done, std::string id,
                                         engine::Deadline deadline);

/// "/containers/ID/WHAT"; the id was checked, or came from the engine.
std::string container_path(std::string_view id, std::string_view what);

} // namespace mdocker::methods
