// SPDX-License-Identifier: Apache-2.0
#include "model_engine.hpp"

#include <json.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

namespace mdocker::test {
namespace {

namespace json = mistify::json;
using State = ModelEngine::State;

constexpr std::size_t kIdDigits = 64;
constexpr std::size_t kShortId = 12;

std::string_view status_name(State state) {
  switch (state) {
  case State::created:
    return "created";
  case State::running:
    return "running";
  case State::paused:
    return "paused";
  case State::exited:
    break;
  }
  return "exited";
}

bool is_up(State state) {
  return state == State::running || state == State::paused;
}

// A member of the body that a container was created with, as it was written.
std::string member_of(const std::string &config, std::string_view key, std::string_view otherwise) {
  const json::Members members = json::members(config);
  const json::Value *value = json::find(members, key);
  return std::string(value == nullptr ? otherwise : value->raw);
}

std::string inspect_body(const std::string &id, const std::string &name, State state,
                         const std::string &config) {
  const auto flag = [](bool value) { return value ? "true" : "false"; };
  return R"({"Id":")" + id + R"(","Created":"2024-01-01T00:00:00Z","Name":)" +
         json::quoted("/" + name) + R"(,"State":{"Status":")" + std::string(status_name(state)) +
         R"(","Running":)" + flag(is_up(state)) + R"(,"Paused":)" + flag(state == State::paused) +
         R"(,"Restarting":false,"Dead":false,"Pid":)" + (is_up(state) ? "4242" : "0") +
         R"(,"ExitCode":0},"Config":{"Image":)" + member_of(config, "Image", R"("")") +
         R"(,"Labels":)" + member_of(config, "Labels", "{}") + R"(},"HostConfig":)" +
         member_of(config, "HostConfig", "{}") + "}";
}

Reply no_such(std::string_view name) {
  return refusal(404, "No such container: " + std::string(name));
}

} // namespace

ModelEngine::ModelEngine(const EngineDouble::Options &options)
    : engine_([this](const Request &request) { return reply(request); }, options) {
  engine_.set_engine_version("20.10.24");
}

std::string ModelEngine::add(const std::string &name, State state) {
  const std::lock_guard lock(mutex_);
  return insert(name, state, "{}");
}

std::optional<State> ModelEngine::state(const std::string &name) const {
  const std::lock_guard lock(mutex_);
  const auto found = containers_.find(name);
  return found == containers_.end() ? std::nullopt : std::optional(found->second.state);
}

std::size_t ModelEngine::count(State state) const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(
      std::count_if(containers_.begin(), containers_.end(),
                    [&](const auto &entry) { return entry.second.state == state; }));
}

void ModelEngine::set_stop_time(std::chrono::milliseconds time) {
  const std::lock_guard lock(mutex_);
  stop_time_ = time;
  stop_takes_its_grace_ = false;
  stops_held_.reset();
}

void ModelEngine::set_stop_takes_its_grace() {
  const std::lock_guard lock(mutex_);
  stop_takes_its_grace_ = true;
  stops_held_.reset();
}

Gate ModelEngine::hold_stops() {
  const std::lock_guard lock(mutex_);
  return stops_held_.emplace();
}

bool ModelEngine::wait_for_stops(std::size_t count, std::chrono::milliseconds limit) const {
  std::unique_lock lock(mutex_);
  return stopping_.wait_for(lock, limit, [&] { return stops_ >= count; });
}

Reply ModelEngine::reply(const Request &request) {
  const std::lock_guard lock(mutex_);
  const std::string path = request.path();
  if (path == "/info")
    return answer(200, R"({"ID":"MODEL","Name":"model","NCPU":4,"Containers":)" +
                           std::to_string(containers_.size()) + "}");
  if (request.line().starts_with("GET /containers/json"))
    return list(request);
  if (request.method == "POST" && path == "/containers/create")
    return create(request);
  constexpr std::string_view kContainers = "/containers/";
  if (!path.starts_with(kContainers))
    return refusal(404, "page not found");
  const std::string_view rest = std::string_view(path).substr(kContainers.size());
  const std::string_view name = rest.substr(0, rest.find('/'));
  Container *container = find(name);
  if (container == nullptr)
    return no_such(name);
  return act(request, *container, rest.substr(std::min(name.size() + 1, rest.size())));
}

Reply ModelEngine::act(const Request &request, Container &container, std::string_view verb) {
  if (request.method == "DELETE" && verb.empty())
    return remove(request, container);
  if (request.method == "GET" && verb == "json")
    return answer(200,
                  inspect_body(container.id, container.name, container.state, container.config));
  if (request.method == "POST" && verb == "start")
    return start(container);
  if (request.method == "POST" && verb == "stop")
    return stop(request, container);
  if (request.method == "POST" && verb == "pause")
    return pause(container);
  if (request.method == "POST" && verb == "unpause")
    return unpause(container);
  if (request.method == "POST" && verb == "wait")
    return wait(request, container);
  return refusal(404, "page not found");
}

Reply ModelEngine::create(const Request &request) {
  const std::string name = request.parameter("name").value_or("c" + std::to_string(made_ + 1));
  try {
    json::members(request.body);
  } catch (const std::exception &error) {
    return refusal(400, error.what());
  }
  if (const Container *taken = find(name))
    return refusal(409, "Conflict. The container name \"/" + name +
                            "\" is already in use by container \"" + taken->id +
                            "\". You have to remove (or rename) that container to be able to "
                            "reuse that name.");
  return answer(201,
                R"({"Id":")" + insert(name, State::created, request.body) + R"(","Warnings":[]})");
}

Reply ModelEngine::list(const Request &request) const {
  const bool all = request.parameter("all").value_or("0") != "0";
  std::string out = "[";
  for (const auto &[name, container] : containers_)
    if (all || is_up(container.state))
      out += (out.size() == 1 ? "" : ",") + (R"({"Id":")" + container.id) + R"(","Names":[)" +
             json::quoted("/" + name) + R"(],"State":")" +
             std::string(status_name(container.state)) + R"("})";
  return answer(200, out + "]");
}

Reply ModelEngine::start(Container &container) {
  if (container.state == State::paused)
    return refusal(409, "cannot start a paused container, try unpause instead");
  if (container.state == State::running)
    return answer(304);
  container.state = State::running;
  return answer(204);
}

// As for an engine, a stop goes on where its client has left.
Reply ModelEngine::stop(const Request &request, Container &container) {
  if (!is_up(container.state))
    return answer(304);
  if (!container.stop) {
    const Gate done;
    container.stop = done;
    ++stops_;
    stopping_.notify_all();
    auto finish = [this, name = container.name, done] { finish_stop(name, done); };
    std::chrono::milliseconds time = stop_time_;
    if (const std::string grace = request.parameter("t").value_or("10"); stop_takes_its_grace_) {
      int seconds = 0;
      std::from_chars(grace.data(), grace.data() + grace.size(), seconds);
      time = std::chrono::seconds(seconds);
    }
    if (stops_held_) // by way of the loop: whoever opens the gate may hold anything
      stops_held_->on_open([this, finish] { engine_.after(std::chrono::milliseconds(0), finish); });
    else
      engine_.after(time, finish);
  }
  return Reply().wait(*container.stop).send(http(204, {}));
}

void ModelEngine::finish_stop(const std::string &name, const Gate &done) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = containers_.find(name);
    if (found != containers_.end() && found->second.stop) {
      found->second.state = State::exited;
      found->second.stop.reset();
      std::exchange(found->second.ended, Gate()).open();
    }
  }
  done.open();
}

Reply ModelEngine::pause(Container &container) {
  if (container.state == State::paused)
    return refusal(409, "Container " + container.id + " is already paused");
  if (container.state != State::running)
    return refusal(409, "Container " + container.id + " is not running");
  container.state = State::paused;
  return answer(204);
}

Reply ModelEngine::unpause(Container &container) {
  if (container.state != State::paused)
    return refusal(500, "Container " + container.id + " is not paused");
  container.state = State::running;
  return answer(204);
}

// The head comes at once, as from an engine, and the body when it has come about.
Reply ModelEngine::wait(const Request &request, const Container &container) const {
  const std::string condition = request.parameter("condition").value_or("not-running");
  Reply reply = Reply().send(chunked_head(200));
  if (condition == "removed")
    reply.wait(container.removed);
  else if (condition == "next-exit" || is_up(container.state))
    reply.wait(container.ended);
  return reply.send(chunk(R"({"StatusCode":0})") + kLastChunk);
}

Reply ModelEngine::remove(const Request &request, const Container &container) {
  const bool forced = request.parameter("force").value_or("0") != "0";
  if (is_up(container.state) && !forced)
    return refusal(409, "You cannot remove a " + std::string(status_name(container.state)) +
                            " container " + container.id + ". " +
                            (container.state == State::paused ? "Unpause and then stop" : "Stop") +
                            " the container before attempting removal or force remove");
  container.ended.open();
  container.removed.open();
  containers_.erase(container.name);
  return answer(204);
}

ModelEngine::Container *ModelEngine::find(std::string_view name_or_id) {
  if (const auto named = containers_.find(std::string(name_or_id)); named != containers_.end())
    return &named->second;
  for (auto &[name, container] : containers_)
    if (name_or_id.size() >= kShortId && container.id.starts_with(name_or_id))
      return &container;
  return nullptr;
}

std::string ModelEngine::insert(const std::string &name, State state, const std::string &config) {
  const std::string number = std::to_string(++made_);
  Container container;
  container.name = name;
  container.id = number + std::string(kIdDigits - number.size(), 'e');
  container.state = state;
  container.config = config;
  std::string id = container.id;
  containers_.insert_or_assign(name, std::move(container));
  return id;
}

} // namespace mdocker::test
