// SPDX-License-Identifier: Apache-2.0
#include "inspect.hpp"

#include "labels.hpp"
#include "names.hpp"

namespace mdocker::methods {
namespace {

constexpr std::string_view kInspect = "inspect";

// When a container was started that never was.
constexpr std::string_view kNever = "0001-01-01T";

// Answers are spliced into ours, which is nested a little deeper.
constexpr unsigned kAnswerDepth = json::kMaxDepth - 8;

// The object of that key; nothing where it is absent.
json::Members object_at(const json::Members &members, std::string_view key) {
  const json::Value *value = json::find(members, key);
  if (value == nullptr || value->kind == json::Kind::null)
    return {};
  if (value->kind != json::Kind::object)
    throw bad_answer(kInspect, std::string(key) + " is no object");
  return json::members(value->raw);
}

std::string text_at(const json::Members &members, std::string_view key) {
  const json::Value *value = json::find(members, key);
  return value != nullptr && value->kind == json::Kind::string ? json::text(*value) : std::string();
}

bool true_at(const json::Members &members, std::string_view key) {
  const json::Value *value = json::find(members, key);
  return value != nullptr && value->kind == json::Kind::boolean && value->raw == "true";
}

} // namespace

std::string_view state_name(State state) noexcept {
  switch (state) {
  case State::running:
    return "running";
  case State::paused:
    return "paused";
  case State::stopped:
    break;
  }
  return "stopped";
}

bool Container::ours() const {
  const auto label = labels.find(std::string(kGuestLabel));
  return label != labels.end() && !label->second.empty();
}

network::Port Container::port() const {
  network::Port port;
  port.guest = ours() ? labels.at(std::string(kGuestLabel)) : name;
  port.container = id;
  port.pid = pid;
  const auto nics = labels.find(std::string(kNicsLabel));
  const bool has_nics = ours() && nics != labels.end() && nics->second != "[]";
  port.may_have_ports = has_nics && !started_at.starts_with(kNever);
  return port;
}

Error bad_answer(std::string_view phase, std::string_view what) {
  return Error(Kind::engine,
               "the engine's answer to " + std::string(phase) + ": " + std::string(what))
      .in_phase(std::string(phase));
}

std::string_view answer_object(std::string_view body, std::string_view phase) {
  try {
    const json::Value value = json::parse(body, kAnswerDepth);
    if (value.kind == json::Kind::object)
      return value.raw;
    throw bad_answer(phase, "expected an object, got " + std::string(json::kind_name(value.kind)));
  } catch (const json::ParseError &error) {
    throw bad_answer(phase, "no well-formed JSON at byte " + std::to_string(error.offset()) + ": " +
                                error.what());
  }
}

json::Members answer_members(std::string_view body, std::string_view phase) {
  return json::members(answer_object(body, phase));
}

Container parse_container(std::string_view body) {
  const json::Members members = answer_members(body, kInspect);
  Container container;
  container.id = text_at(members, "Id");
  if (!is_container_id(container.id))
    throw bad_answer(kInspect, "expected a container's id in Id, got " + shown(container.id));
  container.name = text_at(members, "Name");
  if (!container.name.empty() && container.name.front() == '/')
    container.name.erase(0, 1);
  const json::Members state = object_at(members, "State");
  container.state = true_at(state, "Paused")    ? State::paused
                    : true_at(state, "Running") ? State::running
                                                : State::stopped;
  container.removing = text_at(state, "Status") == "removing";
  container.started_at = text_at(state, "StartedAt");
  if (const json::Value *pid = json::find(state, "Pid"))
    container.pid = json::to_int64(*pid).value_or(0);
  for (const json::Member &label : object_at(object_at(members, "Config"), "Labels"))
    if (label.value.kind == json::Kind::string)
      container.labels[label.key] = json::text(label.value);
  return container;
}

Error no_such_container(std::string_view id) {
  return Error(Kind::not_found, "No such container: " + std::string(id))
      .with_status(engine::kNotFound);
}

std::string container_path(std::string_view id, std::string_view what) {
  return std::string("/containers/").append(id).append("/").append(what);
}

asio::awaitable<std::optional<Container>> inspect_if_any(Environment &environment, std::string id,
                                                         engine::Deadline deadline,
                                                         engine::Share share) {
  std::string path = container_path(id, "json");
  const engine::Answer answer = co_await environment.engine.get(std::move(path), deadline, share);
  if (answer.status == engine::kNotFound)
    co_return std::nullopt;
  if (!answer.ok())
    throw engine::refusal(answer, kInspect);
  co_return parse_container(answer.body);
}

asio::awaitable<Container> inspect(Environment &environment, std::string id,
                                   engine::Deadline deadline) {
  std::optional<Container> container = co_await inspect_if_any(environment, id, deadline);
  if (!container)
    throw no_such_container(id).in_phase(std::string(kInspect));
  co_return std::move(*container);
}

asio::awaitable<Container> inspect_after(Environment &environment, std::string done, std::string id,
                                         engine::Deadline deadline) {
  try {
    co_return co_await inspect(environment, std::move(id), deadline);
  } catch (const Error &error) {
    const bool unseen = error.kind() == Kind::timeout || error.kind() == Kind::unavailable;
    throw Error(unseen ? Kind::unknown_outcome : error.kind(),
                done + ", but looking at it failed: " + error.what())
        .with_status(error.engine_status())
        .in_phase(std::string(kInspect));
  }
}

} // namespace mdocker::methods
