// SPDX-License-Identifier: Apache-2.0
#include "client.hpp"

#include "../wire/engine.hpp"
#include "../wire/json_at.hpp"

#include <stdexcept>

namespace soak {
namespace {

using namespace std::chrono_literals;
using wire::json_string;

constexpr std::size_t kGuests = 2;
constexpr auto kPatience = 90s; // a call ends by its deadline, and a reload may come before it
constexpr int kTries = 100;

std::string request(std::string_view method, const std::string &params, const std::string &id) {
  return R"({"jsonrpc":"2.0","method":"MDocker.)" + std::string(method) + R"(","params":)" +
         params + R"(,"id":)" + json_string(id) + "}";
}

} // namespace

Client::Client(World &world, unsigned number, unsigned seed)
    : world_(world), name_(std::string(wire::kPrefix) + "c" + std::to_string(number)),
      random_(seed + number) {
  for (std::size_t i = 0; i < kGuests; ++i)
    guests_.push_back({name_ + "-" + std::to_string(i), {}, 0});
}

std::size_t Client::below(std::size_t count) {
  return std::uniform_int_distribution<std::size_t>(0, count - 1)(random_);
}

void Client::run() {
  while (!world_.ending)
    step();
}

void Client::step() {
  Guest &guest = guests_[below(guests_.size())];
  switch (below(20)) {
  case 0:
    return list();
  case 1:
    return info();
  case 2:
    return refused();
  case 3:
    return batch(guest);
  case 4:
    connection_.reset(); // and a new one next time
    return;
  case 5:
  case 6:
  case 7:
  case 8:
    return change(guest, Verb::get);
  default:
    break;
  }
  static constexpr Verb kChanges[] = {Verb::create,  Verb::create,  Verb::start,   Verb::start,
                                      Verb::start,   Verb::stop,    Verb::restart, Verb::pause,
                                      Verb::unpause, Verb::unpause, Verb::remove};
  change(guest, kChanges[below(std::size(kChanges))]);
}

void Client::change(Guest &guest, Verb verb) {
  std::string params;
  if (verb == Verb::get)
    params = R"({"id":)" + json_string(guest.id) + "}";
  else if (verb == Verb::create)
    params = R"({"guest":{"id":)" + json_string(guest.id) + R"(,"image":)" +
             json_string(wire::kLoopImage) + R"(,"memory":32,"nics":[{"name":"eth0"}]}})";
  else
    params = R"({"guest":{"id":)" + json_string(guest.id) + "}}";

  Answer answer = call(method(verb), params);

  if (const unsigned restarts = world_.engine_restarts;
      restarts != guest.seen_restarts || restarts % 2 != 0) {
    guest.model.engine_restarted();
    guest.seen_restarts = restarts;
  }
  try {
    guest.model.take(verb, answer);
  } catch (const std::exception &error) {
    throw std::runtime_error(guest.id + ": " + error.what());
  }
  // It may have been stopped by the engine between the change and our look at the counter.
  if (world_.engine_restarts != guest.seen_restarts)
    guest.model.engine_restarted();
}

void Client::list() {
  static_cast<void>(call("ListContainers", R"({"opts":{"All":true}})"));
}

void Client::info() {
  static_cast<void>(call("GetInfo", "{}"));
}

void Client::refused() {
  const Answer answer = call("GetContainer", R"({"id":"a/b"})");
  // "unavailable" and "busy" come from a host whose plugin is away.
  if (!answer.failed || answer.kind != "invalid")
    throw std::runtime_error("'a/b' was not refused: " + answer.kind + " " + answer.text);
}

void Client::batch(Guest &guest) {
  const std::string first = next_id();
  const std::string second = next_id();
  const std::string get = R"({"id":)" + json_string(guest.id) + "}";
  const std::string response = exchange("[" + request("GetContainer", get, first) + "," +
                                        request("GetInfo", "{}", second) + "]");
  const std::vector<std::string> elements = wire::elements(response);
  if (elements.size() != 2)
    throw std::runtime_error("a batch of two was answered with " + response);
  const bool in_order = wire::text_at(elements[0], {"id"}) == first;
  static_cast<void>(read(elements[in_order ? 0 : 1], first, "GetContainer"));
  static_cast<void>(read(elements[in_order ? 1 : 0], second, "GetInfo"));
}

Answer Client::call(std::string_view method, const std::string &params) {
  const std::string id = next_id();
  return read(exchange(request(method, params, id)), id, method);
}

std::string Client::exchange(const std::string &body) {
  if (!connection_)
    connection_.emplace(wire::Connection::to_port(world_.port));
  else if (!connection_->is_quiet())
    throw std::runtime_error(name_ + ": more has come than was asked for");
  connection_->send(wire::request_text("POST", wire::kRpcPath, body, {wire::kJsonHeader}));
  const wire::HttpResponse response = connection_->receive(kPatience);
  if (response.status != 200)
    throw std::runtime_error(name_ + ": status " + std::to_string(response.status) + ": " +
                             response.body);
  return response.body;
}

Answer Client::read(const std::string &response, const std::string &id, std::string_view method) {
  ++tally_.calls;
  if (wire::text_at(response, {"id"}) != id)
    throw std::runtime_error(name_ + ": asked with the id " + id + ", answered " + response);
  Answer answer;
  answer.failed = wire::has(response, {"error"});
  if (answer.failed) {
    answer.text = wire::text_at(response, {"error", "message"});
    answer.kind = wire::text_at(response, {"error", "data", "kind"});
    if (wire::has(response, {"error", "data", "outcome"}))
      answer.outcome = wire::text_at(response, {"error", "data", "outcome"});
    ++tally_.failures[answer.kind + (answer.outcome.empty() ? "" : " " + answer.outcome)];
  } else if (wire::has(response, {"result", "guest"})) {
    answer.state = wire::text_at(response, {"result", "guest", "state"});
  } else if (method == "GetContainer") {
    const auto state = [&](const char *key) {
      return wire::at(response, {"result", "containers", "0", "State", key}) == "true";
    };
    answer.state = state("Paused") ? "paused" : state("Running") ? "running" : "stopped";
  }
  return answer;
}

std::string Client::next_id() {
  return name_ + "#" + std::to_string(++ids_);
}

void Client::finish() {
  for (Guest &guest : guests_) {
    int tries = 0;
    for (; guest.model.possible() != std::set<State>{State::absent} && tries < kTries; ++tries) {
      change(guest, Verb::stop);
      change(guest, Verb::remove);
      change(guest, Verb::get);
    }
    if (tries == kTries)
      throw std::runtime_error(guest.id + " cannot be removed");
  }
  if (connection_ && !connection_->is_quiet())
    throw std::runtime_error(name_ + ": more has come than was asked for");
}

} // namespace soak
