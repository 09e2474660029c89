// SPDX-License-Identifier: Apache-2.0
#include "guests.hpp"

#include "change.hpp"
#include "labels.hpp"
#include "names.hpp"

#include <boost/asio/this_coro.hpp>

#include <exception>

namespace mdocker::methods {
namespace {

constexpr unsigned kAlready = 304;

using Predicate = ContainerChange::IsDone;

constexpr Predicate kStarted = [](const Container *after, const Container *before) {
  return after != nullptr && (after->state != State::stopped ||
                              (before != nullptr && after->started_at != before->started_at));
};
constexpr Predicate kStopped = [](const Container *after, const Container *) {
  return after != nullptr && after->state == State::stopped;
};
constexpr Predicate kPaused = [](const Container *after, const Container *) {
  return after != nullptr && after->state == State::paused;
};
constexpr Predicate kUnpaused = [](const Container *after, const Container *) {
  return after != nullptr && after->state != State::paused;
};

std::string grace_query(std::chrono::seconds grace) {
  engine::Query query;
  query.add("t", std::to_string(grace.count()));
  return query.text();
}

class Stop final : public ContainerChange {
public:
  Stop(std::string container_id, std::string target, std::chrono::seconds grace)
      : ContainerChange("stop", std::move(container_id), std::move(target), grace_query(grace),
                        kStopped) {
    repeatable = true;
  }

  // A stop goes on after its connection is closed.
  asio::awaitable<Finding> await_end(Environment &environment,
                                     engine::Deadline until) const override {
    std::string wait = container_path(target_, "wait?condition=not-running");
    const engine::Answer answer =
        co_await environment.engine.post(std::move(wait), std::nullopt, until);
    require_done(answer, name, id);
    co_return co_await look(environment, until);
  }
};

// Stops a guest that was started and could not be connected: better down than without its network.
asio::awaitable<void> roll_back(Environment &environment, std::string id, std::string container) {
  const Timeouts &timeouts = environment.settings.timeouts;
  const engine::Deadline until =
      std::chrono::steady_clock::now() + timeouts.stop_grace + timeouts.stop_margin;
  const auto grace = std::chrono::ceil<std::chrono::seconds>(timeouts.stop_grace);
  const Stop stop(id, std::move(container), grace);
  try {
    const Done done = co_await carry_out(environment, stop, Deadline{until, until});
    require_done(done.answer, stop.name, id);
  } catch (const std::exception &error) {
    environment.log.error(
        id + " may run without its network: it could not be stopped again: " + error.what());
  }
}

// Looks at a guest that was told to start, and sees to it that its NICs are plugged.
asio::awaitable<Container> look_and_plug(Environment &environment, std::string id,
                                         std::string container, std::vector<network::Nic> nics,
                                         engine::Deadline deadline) {
  std::string done = id + " was started";
  const Container after =
      co_await inspect_after(environment, std::move(done), std::move(container), deadline);
  if (after.state != State::running)
    throw Error(Kind::engine, "unexpected container state: " + id + " is " +
                                  std::string(state_name(after.state)) +
                                  " after its start, expected running")
        .in_phase("start");
  if (!nics.empty()) {
    const network::Port port = after.port();
    co_await environment.network.plug(port, nics, deadline);
  }
  co_return after;
}

// Starts a guest; before is what was seen of it. One that runs already is only seen to.
asio::awaitable<Container> bring_up(Environment &environment, std::string id, Container before,
                                    std::vector<network::Nic> nics, Deadline deadline) {
  const bool ran = before.state == State::running;
  ContainerChange start("start", id, before.id, {}, kStarted, &before);
  start.repeatable = true;
  const Done done = co_await carry_out(environment, start, deadline);
  require_done(done.answer, start.name, id);
  bool started = !done.answer || done.answer->status != kAlready;
  if (!done.answer && ran) { // it runs, but since when?
    const Container seen = co_await inspect(environment, before.id, done.rest);
    started = seen.started_at != before.started_at;
  }

  std::exception_ptr failure;
  try {
    if (started && ran) { // it died between the look and the start
      const network::Port port = before.port();
      co_await environment.network.unplug(port, done.rest);
    }
    co_return co_await look_and_plug(environment, id, before.id, std::move(nics), done.rest);
  } catch (...) {
    failure = std::current_exception();
  }
  if (started) {
    // Also where the call was cancelled: nothing is left half done.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await roll_back(environment, id, before.id);
  }
  std::rethrow_exception(failure);
}

// Unplugs a guest that a call has stopped: that much is done, whatever becomes of the ports.
asio::awaitable<void> unplug_stopped(Environment &environment, std::string id, Container stopped,
                                     engine::Deadline deadline) {
  const network::Port port = stopped.port();
  std::optional<Error> failure;
  try {
    co_await environment.network.unplug(port, deadline);
  } catch (const Error &error) {
    failure = error;
  }
  if (failure)
    throw Error(failure->kind(), id + " was stopped, but " + failure->what())
        .that_may_be_retried(failure->retryable())
        .in_phase(failure->phase());
}

// Stops a guest and unplugs it. container is its id in the engine, or its name.
asio::awaitable<Container> take_down(Environment &environment, std::string id,
                                     std::string container, std::chrono::seconds grace,
                                     Deadline deadline) {
  const Stop stop(id, container, grace);
  const Done done = co_await carry_out(environment, stop, deadline);
  require_done(done.answer, stop.name, id);
  std::string what = id + " was stopped";
  const Container after =
      co_await inspect_after(environment, std::move(what), std::move(container), done.rest);
  if (after.state == State::stopped)
    co_await unplug_stopped(environment, std::move(id), after, done.rest);
  co_return after;
}

std::string text_of(const std::vector<std::int64_t> &vlans) {
  std::string out = "[";
  for (const std::int64_t vlan : vlans)
    out.append(out.size() > 1 ? "," : "").append(std::to_string(vlan));
  return out + "]";
}

// Throws where a NIC is not the one that the guest was created with; the error names the field.
void require_same(std::size_t i, const network::Nic &given, const network::Nic &created) {
  const auto require = [i](std::string_view field, const std::string &now,
                           const std::string &then) {
    if (now != then)
      throw Error(Kind::invalid, "guest.nics[" + std::to_string(i) + "]." + std::string(field) +
                                     ": expected " + then +
                                     ", as the guest was created with (or no nics), got " + now);
  };
  for (const auto &[field, member] :
       {std::pair("name", &network::Nic::name), std::pair("network", &network::Nic::network),
        std::pair("mac", &network::Nic::mac), std::pair("address", &network::Nic::address),
        std::pair("netmask", &network::Nic::netmask), std::pair("gateway", &network::Nic::gateway)})
    require(field, shown(given.*member), shown(created.*member));
  require("vlans", text_of(given.vlans), text_of(created.vlans));
}

} // namespace

std::vector<network::Nic> wanted_nics(const std::vector<Nic> &given, const Container &container) {
  std::vector<network::Nic> wanted = normalised(given);
  if (!container.ours())
    return wanted;
  std::vector<network::Nic> created = nics_of(container.labels);
  if (wanted.empty() || created.empty())
    return wanted.empty() ? created : wanted;
  if (wanted.size() != created.size())
    throw Error(Kind::invalid, "guest.nics: expected the " + std::to_string(created.size()) +
                                   " that the guest was created with (or none), got " +
                                   std::to_string(wanted.size()));
  for (std::size_t i = 0; i < wanted.size(); ++i)
    require_same(i, wanted[i], created[i]);
  return wanted;
}

std::string guest_response(Guest guest, std::string_view state, std::string_view message) {
  guest.state = state;
  std::string out = R"({"guest":)" + encode(guest);
  if (!message.empty()) {
    append_key(out, "message");
    json::append_string(out, message);
  }
  out.push_back('}');
  return out;
}

Result start_container(Environment &environment, GuestRequest request, Deadline deadline) {
  const std::string &id = request.guest.id;
  const Container before = co_await inspect(environment, id, deadline);
  std::vector<network::Nic> nics = wanted_nics(request.guest.nics, before);
  environment.network.check(nics);
  if (before.state == State::stopped) { // what a guest that died by itself left behind
    network::Port port = before.port();
    port.may_have_ports = !nics.empty(); // what cannot be plugged need not be started
    co_await environment.network.unplug(port, deadline);
  }
  const Container after = co_await bring_up(environment, id, before, std::move(nics), deadline);
  co_return guest_response(std::move(request.guest), state_name(after.state));
}

Result stop_container(Environment &environment, StopRequest request, Deadline deadline) {
  const std::string &id = request.guest.id;
  const std::chrono::seconds grace = request.grace(environment.settings);
  const Container after = co_await take_down(environment, id, id, grace, deadline);
  co_return guest_response(std::move(request.guest), state_name(after.state));
}

Result restart_container(Environment &environment, RestartRequest request, Deadline deadline) {
  const std::string &id = request.guest.id;
  const Container before = co_await inspect(environment, id, deadline);
  // Whether the request can be met is known before the guest goes down.
  std::vector<network::Nic> nics = wanted_nics(request.guest.nics, before);
  environment.network.check(nics);
  const std::chrono::seconds grace = request.grace(environment.settings);
  const Container down = co_await take_down(environment, id, before.id, grace, deadline);
  const Container after = co_await bring_up(environment, id, down, std::move(nics), deadline);
  co_return guest_response(std::move(request.guest), state_name(after.state));
}

Result pause_container(Environment &environment, GuestRequest request, Deadline deadline) {
  const std::string &id = request.guest.id;
  const ContainerChange pause("pause", id, id, {}, kPaused);
  const Done done = co_await carry_out(environment, pause, deadline);
  require_done(done.answer, pause.name, id);
  std::string what = id + " was paused";
  const Container after = co_await inspect_after(environment, std::move(what), id, done.rest);
  co_return guest_response(std::move(request.guest), state_name(after.state));
}

Result unpause_container(Environment &environment, GuestRequest request, Deadline deadline) {
  const std::string &id = request.guest.id;
  // Engines differ in how they refuse this one, and some call it their own failure.
  const Container before = co_await inspect(environment, id, deadline);
  if (before.state != State::paused)
    throw Error(Kind::conflict, "Container " + id + " is not paused").in_phase("unpause");
  const ContainerChange unpause("unpause", id, before.id, {}, kUnpaused);
  const Done done = co_await carry_out(environment, unpause, deadline);
  require_done(done.answer, unpause.name, id);
  std::string what = id + " was unpaused";
  const Container after =
      co_await inspect_after(environment, std::move(what), before.id, done.rest);
  co_return guest_response(std::move(request.guest), state_name(after.state));
}

} // namespace mdocker::methods
