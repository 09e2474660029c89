// SPDX-License-Identifier: Apache-2.0
#include "reconcile.hpp"

#include "inspect.hpp"
#include "labels.hpp"
#include "names.hpp"

#include "../runtime/all_at_once.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>

namespace mdocker::methods {
namespace {

using Found = std::optional<Difference>;

// Does what is to be done about it.
asio::awaitable<Found> put_right(Environment &environment, Difference difference,
                                 network::Port port, std::vector<network::Nic> nics,
                                 engine::Deadline deadline) {
  try {
    if (difference.action() == Difference::Action::plug)
      co_await environment.network.plug(port, nics, deadline);
    else
      co_await environment.network.unplug(port, deadline);
    difference.done = true;
  } catch (const Error &error) {
    if (error.kind() == Kind::cancelled)
      throw;
    difference.error = error;
  }
  co_return difference;
}

// A guest that is there.
asio::awaitable<Found> mend_present(Environment &environment, Subject subject, bool dry_run,
                                    engine::Deadline deadline) {
  const std::optional<Container> now =
      co_await inspect_if_any(environment, subject.container, deadline, engine::Share::bulk);
  if (!now || !now->ours() || !is_of_instance(now->labels, environment.settings.instance))
    co_return std::nullopt; // gone meanwhile: the engine tells that too
  if (now->name != subject.name)
    throw Error(Kind::conflict, subject.name + " was renamed meanwhile").in_phase("reconcile");
  network::Port port = now->port();
  port.may_have_ports = true;
  std::vector<network::Nic> nics;
  if (port.pid != 0)
    nics = nics_of(now->labels);
  const network::Seen seen = co_await environment.network.look(port, nics);
  const bool differs = port.pid != 0 ? seen.differs : !seen.ports.empty();
  if (!differs)
    co_return std::nullopt;
  const Difference::Kind kind = port.pid == 0        ? Difference::Kind::ports_without_guest
                                : seen.ports.empty() ? Difference::Kind::guest_without_ports
                                                     : Difference::Kind::nics_differ;
  Difference difference{kind, port.guest, seen.ports};
  if (dry_run)
    co_return difference;
  co_return co_await put_right(environment, std::move(difference), std::move(port), std::move(nics),
                               deadline);
}

// Ports that no guest is known for.
asio::awaitable<Found> mend_absent(Environment &environment, Subject subject, bool dry_run,
                                   engine::Deadline deadline) {
  const std::vector<ListedGuest> guests =
      co_await list_guests(environment, subject.guest, deadline);
  if (!guests.empty())
    co_return std::nullopt; // it has come meanwhile, and has its own look
  // A container that is none of our guests may be given NICs by a call, and keeps them.
  bool there = false;
  if (is_container_id(subject.guest)) {
    const std::optional<Container> foreign =
        co_await inspect_if_any(environment, subject.guest, deadline, engine::Share::bulk);
    there = foreign.has_value();
  }
  const bool ours = subject.own_ports && !there;
  Difference difference{ours ? Difference::Kind::ports_without_guest : Difference::Kind::orphan,
                        subject.guest, subject.ports};
  if (dry_run || !ours)
    co_return difference;
  network::Port port;
  port.guest = subject.guest;
  port.may_have_ports = true;
  co_return co_await put_right(environment, std::move(difference), std::move(port), {}, deadline);
}

// One look at everything. Each guest has a coroutine, so that none waits for another's turn.
struct Round {
  Environment &environment;
  bool dry_run;
  engine::Deadline deadline;
  std::vector<Subject> subjects;
  std::vector<Found> found; ///< At the subject's place.
};

asio::awaitable<void> mend_one(std::shared_ptr<Round> round, std::size_t index) {
  co_await asio::this_coro::reset_cancellation_state(asio::enable_total_cancellation());
  const Subject &subject = round->subjects[index];
  try {
    round->found[index] =
        co_await mend(round->environment, subject, round->dry_run, round->deadline);
  } catch (const Error &error) {
    if (error.kind() == Kind::cancelled)
      throw;
    round->found[index] =
        Difference{Difference::Kind::unseen, subject.guest, subject.ports, false, error};
  } catch (const boost::system::system_error &) { // it is broken off
    throw;
  } catch (const std::exception &error) { // no thread to be had, no memory: the others' looks go on
    round->found[index] = Difference{Difference::Kind::unseen, subject.guest, subject.ports, false,
                                     Error(Kind::internal, error.what())};
  }
}

asio::awaitable<void> mend_all(std::shared_ptr<Round> round) {
  std::vector<asio::awaitable<void>> works;
  for (std::size_t i = 0; i < round->subjects.size(); ++i)
    works.push_back(mend_one(round, i));
  co_await runtime::all_at_once(std::move(works));
}

bool may_differ(const Subject &subject) noexcept {
  return !subject.left_alone && (subject.up || !subject.ports.empty());
}

} // namespace

asio::awaitable<std::optional<Difference>> mend(Environment &environment, Subject subject,
                                                bool dry_run, engine::Deadline deadline) {
  const bool present = !subject.container.empty();
  std::string key = present ? subject.name : subject.guest;
  const auto turn = co_await environment.turns.take(std::move(key), deadline);
  if (present)
    co_return co_await mend_present(environment, std::move(subject), dry_run, deadline);
  co_return co_await mend_absent(environment, std::move(subject), dry_run, deadline);
}

asio::awaitable<std::optional<Difference>> mend_guest(Environment &environment, std::string guest,
                                                      engine::Deadline deadline) {
  const std::vector<ListedGuest> guests = co_await list_guests(environment, guest, deadline);
  std::vector<network::Plugged> ports;
  if (guests.empty()) {
    ports = co_await environment.network.plugged(deadline);
    std::erase_if(ports, [&](const network::Plugged &port) { return port.guest != guest; });
  }
  const std::vector<Subject> subjects = pair_up(guests, ports, environment.settings.instance);
  if (subjects.empty() || subjects.front().left_alone)
    co_return std::nullopt;
  co_return co_await mend(environment, subjects.front(), false, deadline);
}

asio::awaitable<Report> reconcile(Environment &environment, bool dry_run,
                                  engine::Deadline deadline) {
  Report report;
  report.at = std::time(nullptr);
  report.dry_run = dry_run;
  const bool can_look = environment.network.can_look();
  std::vector<network::Plugged> ports;
  if (can_look)
    ports = co_await environment.network.plugged(deadline);
  report.ports = ports.size();
  const std::vector<ListedGuest> guests = co_await list_guests(environment, std::nullopt, deadline);
  report.guests = static_cast<std::size_t>(std::count_if(
      guests.begin(), guests.end(), [](const ListedGuest &guest) { return guest.ours; }));
  auto round = std::make_shared<Round>(Round{
      environment, dry_run, deadline, pair_up(guests, ports, environment.settings.instance), {}});
  std::erase_if(round->subjects,
                [&](const Subject &subject) { return !can_look || !may_differ(subject); });
  round->found.resize(round->subjects.size());
  co_await mend_all(round);
  for (Found &found : round->found)
    if (found)
      report.differences.push_back(std::move(*found));
  if (!dry_run)
    environment.reconciles.last_summary = report.summary_json();
  co_return report;
}

asio::awaitable<std::string> reconcile_guests(Environment &environment, ReconcileRequest request,
                                              Deadline deadline) {
  const Report report = co_await reconcile(environment, request.dry_run, deadline);
  co_return R"({"reconcile":)" + report.json() + "}";
}

} // namespace mdocker::methods
