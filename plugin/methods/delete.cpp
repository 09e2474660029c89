// SPDX-License-Identifier: Apache-2.0
#include "change.hpp"
#include "guests.hpp"

namespace mdocker::methods {
namespace {

// Whether somebody else's removal of the container is under way.
bool is_being_removed(const engine::Answer &answer) {
  if (answer.status != engine::kConflict)
    return false;
  const std::string message = answer.message();
  return message.find("removal") != std::string::npos &&
         message.find("in progress") != std::string::npos;
}

// The engine's own words where its removal failed.
std::string removal_failure(std::string_view body) {
  const json::Members members = answer_members(body, "wait");
  const json::Value *error = json::find(members, "Error");
  if (error == nullptr || error->kind != json::Kind::object)
    return {};
  const json::Members inner = json::members(error->raw);
  const json::Value *message = json::find(inner, "Message");
  return message != nullptr && message->kind == json::Kind::string ? json::text(*message)
                                                                   : std::string();
}

// Waits until the engine has removed the container.
asio::awaitable<void> await_removal(Environment &environment, std::string id, std::string container,
                                    engine::Deadline deadline) {
  std::string path = container_path(container, "wait?condition=removed");
  std::optional<engine::Answer> answered;
  try {
    answered = co_await environment.engine.post(std::move(path), std::nullopt, deadline);
  } catch (const Error &error) {
    if (error.kind() != Kind::unknown_outcome)
      throw;
  }
  if (!answered || answered->status == engine::kEnds)
    throw Error(Kind::timeout, "the removal of " + id + " is still in progress").in_phase("delete");
  const engine::Answer &answer = *answered;
  if (answer.status == engine::kNotFound)
    co_return;
  if (!answer.ok())
    throw engine::refusal(answer, "delete");
  const std::string failure = removal_failure(answer.body);
  if (!failure.empty())
    throw Error(Kind::engine, "the removal of " + id + " failed: " + failure).in_phase("delete");
}

// The removal of a container, by its full id: another one that has its name is another one.
class Removal final : public ContainerChange {
public:
  Removal(std::string container_id, const std::string &target)
      : ContainerChange(
            "delete", std::move(container_id), target, {},
            [](const Container *after, const Container *) { return after == nullptr; }) {
    verb = Verb::del;
    path = "/containers/" + target;
  }

  asio::awaitable<Finding> look(Environment &environment, engine::Deadline until) const override {
    std::optional<Container> after = co_await inspect_if_any(environment, target_, until);
    if (after && after->removing) {
      co_await await_removal(environment, id, target_, until);
      after.reset();
    }
    co_return found(after);
  }
};

} // namespace

Result delete_container(Environment &environment, GuestRequest request, Deadline deadline) {
  const std::string &id = request.guest.id;
  const Container container = co_await inspect(environment, id, deadline);
  const network::Port port = container.port();
  // Before it is gone, so that a failure leaves something to try again on. One that runs keeps its
  // network: the engine is about to refuse.
  const bool down = container.state == State::stopped;
  if (down)
    co_await environment.network.unplug(port, deadline);

  const Removal removal(id, container.id);
  const Done done = co_await carry_out(environment, removal, deadline);
  if (done.answer && is_being_removed(*done.answer))
    co_await await_removal(environment, id, container.id, done.rest);
  else
    require_done(done.answer, removal.name, id);
  environment.creates.forget(id);
  if (!down) // it stopped in between
    co_await environment.network.unplug(port, done.rest);
  co_return guest_response(std::move(request.guest), "deleted");
}

} // namespace mdocker::methods
