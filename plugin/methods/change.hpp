// SPDX-License-Identifier: Apache-2.0
//
// What the methods that change something have in common: one at a time for each container, and the
// truth about a change whose answer never came.
#pragma once

#include "inspect.hpp"

namespace mdocker::methods {

/// The turn of a container, whichever of its names it is asked for by. Throws Error as
/// Turns::take().
asio::awaitable<runtime::Turns::Turn> take_turn(Environment &environment, std::string id,
                                                Deadline deadline);

/// Does a change when it is its turn.
template <class Request, asio::awaitable<std::string> (*Run)(Environment &, Request, Deadline),
          asio::awaitable<runtime::Turns::Turn> (*Take)(Environment &, std::string,
                                                        Deadline) = take_turn>
asio::awaitable<std::string> in_turn(Environment &environment, Request request, Deadline deadline) {
  std::string id(request.subject());
  const auto turn = co_await Take(environment, std::move(id), deadline);
  co_return co_await Run(environment, std::move(request), deadline);
}

/// One request that changes something. Lives until carry_out() has ended.
class Change {
public:
  enum class Verb { post, del };

  virtual ~Change() = default;

  std::string name;  ///< "start": for messages.
  std::string id;    ///< Of what is changed, as the caller names it.
  std::string check; ///< The call that shows what became of it: "GetContainer g1".
  Verb verb = Verb::post;
  std::string path;
  std::optional<std::string> body;
  bool repeatable = false; ///< Done twice it comes to the same.
  bool slow = false; ///< May be under way at the engine long after its connection is closed, with
                     ///< nothing to be seen of it.

  /// What is seen of a change whose answer never came.
  struct Finding {
    bool done;
    std::string seen;      ///< For people: "g1 is running".
    bool may_come = false; ///< It is not done, and may be yet.
  };
  /// Looks. Throws Error where there is nothing to be seen.
  virtual asio::awaitable<Finding> look(Environment &environment, engine::Deadline until) const = 0;
  /// The same where there is time until the change has ended at the engine.
  virtual asio::awaitable<Finding> await_end(Environment &environment,
                                             engine::Deadline until) const {
    return look(environment, until);
  }
};

/// A change after which a container is in some state, or gone.
class ContainerChange : public Change {
public:
  /// Whether a container that looks like that was changed. Without one: there is none any more.
  using IsDone = bool (*)(const Container *after, const Container *before);

  /// target: the container's id or name, as it is looked for. before: as it was seen before, where
  /// it was.
  ContainerChange(std::string change, std::string container_id, std::string target,
                  std::string_view query, IsDone is_done, const Container *before = nullptr);

  asio::awaitable<Finding> look(Environment &environment, engine::Deadline until) const override;

protected:
  /// Throws not_found where there is none, and that is not what was asked for.
  [[nodiscard]] Finding found(const std::optional<Container> &after) const;

  std::string target_;

private:
  IsDone is_done_;
  const Container *before_;
};

struct Done {
  /// The engine's; none where it never came, and the change was seen to be done.
  std::optional<engine::Answer> answer;
  /// Until when what follows has time.
  engine::Deadline rest{};
};

/// Sends a change, once. Throws Error, as the client does; where the answer never came, the message
/// says what was seen, and the kind is timeout or unavailable for a change that was not done, else
/// unknown_outcome.
///
/// Once it was sent, only the end of the plugin cancels the call: its caller may leave, but what
/// follows the change is done.
asio::awaitable<Done> carry_out(Environment &environment, const Change &change, Deadline deadline);

/// What became of a change whose answer is lost, for who has sent it in a way of its own: returns
/// where it was done, else throws as carry_out(). to_its_end: there is time to wait for that, as
/// where nobody waits for the answer any more.
asio::awaitable<void> find_out(Environment &environment, const Change &change, Error lost,
                               bool to_its_end, engine::Deadline until);
/// The error of one of which that cannot be said. seen: what was, for people.
Error unknown_outcome(const Change &change, const Error &lost, const std::string &seen);

/// Throws where the engine refused: 404 is `No such container: ID`; 304 (it is so already) is fine,
/// and so is no answer to a change that was seen to be done.
void require_done(const std::optional<engine::Answer> &answer, std::string_view verb,
                  std::string_view id);

} // namespace mdocker::methods
