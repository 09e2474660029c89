// SPDX-License-Identifier: Apache-2.0
#include "guests.hpp"

#include "change.hpp"
#include "labels.hpp"

#include <boost/asio/this_coro.hpp>

#include <exception>

namespace mdocker::methods {
namespace {

constexpr unsigned kAlready = 304;

std::string stop_path(const std::string &id, std::chrono::seconds grace) {
  engine::Query query;
  query.add("t", std::to_string(grace.count()));
  return container_path(id, "stop") + query.text();
}

// Stops a guest that was started and could not be connected: better down than without its network.
asio::awaitable<void> roll_back(Environment &environment, std::string id, std::string container) {
  const Timeouts &timeouts = environment.settings.timeouts;
  const Deadline deadline =
      std::chrono::steady_clock::now() + timeouts.stop_grace + timeouts.stop_margin;
  const auto grace = std::chrono::ceil<std::chrono::seconds>(timeouts.stop_grace);
  std::string path = stop_path(container, grace);
  try {
    const engine::Answer answer =
        co_await change(environment, "stop", id, std::move(path), std::nullopt, deadline);
    require_done(answer, "stop", id);
  } catch (const std::exception &error) {
    environment.log.error(
        id + " may run without its network: it could not be stopped again: " + error.what());
  }
}

// Looks at a guest that was told to start, and plugs its NICs.
asio::awaitable<Container> look_and_plug(Environment &environment, std::string id,
                                         std::string container, std::vector<network::Nic> nics,
                                         bool plug, Deadline deadline) {
  std::string done = id + " was started";
  const Container after =
      co_await inspect_after(environment, std::move(done), std::move(container), deadline);
  if (after.state != State::running)
    throw Error(Kind::engine, "unexpected container state: " + id + " is " +
                                  std::string(state_name(after.state)) +
                                  " after its start, expected running")
        .in_phase("start");
  if (plug && !nics.empty()) {
    const network::Port port = after.port();
    co_await environment.network.plug(port, nics, deadline);
  }
  co_return after;
}

// Starts a guest; before is what was seen of it. Nothing of it is plugged where it did not run.
asio::awaitable<Container> bring_up(Environment &environment, std::string id, Container before,
                                    std::vector<network::Nic> nics, Deadline deadline) {
  const bool ran = before.state == State::running;
  std::string path = container_path(before.id, "start");
  const engine::Answer answer =
      co_await change(environment, "start", id, std::move(path), std::nullopt, deadline);
  require_done(answer, "start", id);
  const bool started = answer.status != kAlready;

  std::exception_ptr failure;
  try {
    if (started && ran) { // it died between the look and the start
      const network::Port port = before.port();
      co_await environment.network.unplug(port, deadline);
    }
    co_return co_await look_and_plug(environment, id, before.id, std::move(nics), started || !ran,
                                     deadline);
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

// Stops a guest and unplugs it. container is its id in the engine, or its name.
asio::awaitable<Container> take_down(Environment &environment, std::string id,
                                     std::string container, std::chrono::seconds grace,
                                     Deadline deadline) {
  std::string path = stop_path(container, grace);
  const engine::Answer answer =
      co_await change(environment, "stop", id, std::move(path), std::nullopt, deadline);
  require_done(answer, "stop", id);
  std::string done = id + " was stopped";
  const Container after =
      co_await inspect_after(environment, std::move(done), std::move(container), deadline);
  if (after.state == State::stopped) {
    const network::Port port = after.port();
    co_await environment.network.unplug(port, deadline);
  }
  co_return after;
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
    if (wanted[i] != created[i])
      throw Error(Kind::invalid, "guest.nics[" + std::to_string(i) +
                                     "]: expected the one that the guest was created with (or no "
                                     "nics), got another");
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
  if (before.state == State::stopped) { // what a guest that died by itself left behind
    const network::Port port = before.port();
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
  const std::chrono::seconds grace = request.grace(environment.settings);
  const Container down = co_await take_down(environment, id, before.id, grace, deadline);
  const Container after = co_await bring_up(environment, id, down, std::move(nics), deadline);
  co_return guest_response(std::move(request.guest), state_name(after.state));
}

Result pause_container(Environment &environment, GuestRequest request, Deadline deadline) {
  const std::string &id = request.guest.id;
  std::string path = container_path(id, "pause");
  const engine::Answer answer =
      co_await change(environment, "pause", id, std::move(path), std::nullopt, deadline);
  require_done(answer, "pause", id);
  std::string done = id + " was paused";
  const Container after = co_await inspect_after(environment, std::move(done), id, deadline);
  co_return guest_response(std::move(request.guest), state_name(after.state));
}

Result unpause_container(Environment &environment, GuestRequest request, Deadline deadline) {
  const std::string &id = request.guest.id;
  // Engines differ in how they refuse this one, and some call it their own failure.
  const Container before = co_await inspect(environment, id, deadline);
  if (before.state != State::paused)
    throw Error(Kind::conflict, "Container " + id + " is not paused").in_phase("unpause");
  std::string path = container_path(before.id, "unpause");
  const engine::Answer answer =
      co_await change(environment, "unpause", id, std::move(path), std::nullopt, deadline);
  require_done(answer, "unpause", id);
  std::string done = id + " was unpaused";
  const Container after = co_await inspect_after(environment, std::move(done), before.id, deadline);
  co_return guest_response(std::move(request.guest), state_name(after.state));
}

} // namespace mdocker::methods
