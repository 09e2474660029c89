// SPDX-License-Identifier: Apache-2.0
#include "checks.hpp"
#include "links.hpp"
#include "switchboard.hpp"
#include "worker.hpp"

#include "../runtime/reached.hpp"

#include <boost/asio/this_coro.hpp>

#include <exception>
#include <unordered_set>

namespace mdocker::network {
namespace {

constexpr std::string_view kUserSpace = "netdev"; // the data path that computes no checksums
constexpr std::int64_t kLeastMtu = 68;
constexpr std::int64_t kMostMtu = 65'535;
constexpr std::int64_t kUsualMtu = 1'500;

std::string all_of(const std::vector<Nic> &nics) {
  std::string out;
  for (const Nic &nic : nics)
    out.append(out.empty() ? "" : ", ").append(nic_on_bridge(nic.name, nic.network));
  return out;
}

Error with_prefix(const Error &error, const std::string &prefix, const std::string &suffix = {}) {
  return Error(error.kind(), prefix + error.what() + suffix)
      .that_may_be_retried(error.retryable())
      .with_status(error.engine_status())
      .in_phase(error.phase())
      .with_details_of(error);
}

// The links that a guest's NICs want, in view of what the database shows.
std::vector<WantedLink> plan_links(const SwitchRows &rows, const Port &guest,
                                   const std::vector<Nic> &nics, const OvsOptions &options) {
  std::vector<WantedLink> links;
  for (std::size_t i = 0; i < nics.size(); ++i) {
    const Nic &nic = nics[i];
    WantedLink &link = links.emplace_back();
    link.nic = i;
    link.bridge = nic.network;
    link.name = nic.name;
    link.host = new_link_name();
    link.mac = parse_mac(nic.mac);
    link.usual_mac = usual_mac(guest.container, nic.name);
    const auto *const bridge = rows.bridge_named(nic.network);
    link.whole_checksums =
        (bridge == nullptr ? options.datapath_type : bridge->second.datapath_type) == kUserSpace;
    if (const auto own = rows.interface_named(nic.network)) {
      const std::int64_t mtu = own->interface->mtu.value_or(kUsualMtu);
      if (mtu != kUsualMtu && mtu >= kLeastMtu && mtu <= kMostMtu)
        link.mtu = static_cast<unsigned>(mtu);
    }
    if (options.static_addresses && (link.address = parse_address(nic.address))) {
      link.address->prefix = parse_netmask(nic.netmask, link.address->family).value_or(0);
      link.gateway = parse_address(nic.gateway);
    }
    const std::vector<SwitchRows::Place> places = places_of_nic(rows, guest, nic.name);
    for (const SwitchRows::Place &place : places) {
      link.stale.push_back(place.interface->name);
      if (places.size() == 1 && place.bridge != nullptr && place.bridge->name == nic.network &&
          place.interface->ofport.value_or(0) > 0)
        link.current = place.interface->name;
    }
  }
  return links;
}

std::vector<WantedPort> plan_ports(const Port &guest, const std::vector<Nic> &nics,
                                   const std::vector<WantedLink> &links, const Linked &linked,
                                   const std::string &instance) {
  std::vector<WantedPort> ports;
  for (std::size_t i = 0; i < nics.size(); ++i)
    ports.push_back(
        {{i, guest.guest, nics[i].name, nics[i].network, links[i].host, nics[i].vlans, instance},
         linked.kept[i]});
  return ports;
}

// The one port that stands for a NIC as it is wanted, as far as the database shows it. One that the
// switch has not come to yet may: it says so when it has.
const SwitchRows::Place *standing(const std::vector<SwitchRows::Place> &places, const Nic &nic) {
  if (places.size() != 1)
    return nullptr;
  const SwitchRows::Place &place = places.front();
  const bool refused = place.interface->error || place.interface->ofport.value_or(1) <= 0;
  return place.bridge != nullptr && place.bridge->name == nic.network && !refused &&
                 has_vlans(*place.port, nic.vlans)
             ? &place
             : nullptr;
}

class Ovs final : public Driver {
public:
  Ovs(const asio::any_io_executor &executor, OvsOptions options, LookUp look_up, const Log &log)
      : options_(std::move(options)), look_up_(std::move(look_up)), log_(log),
        switchboard_(std::make_shared<Switchboard>(executor, options_.database, log)) {}
  ~Ovs() override { switchboard_->close(); }
  Ovs(const Ovs &) = delete;
  Ovs &operator=(const Ovs &) = delete;

  void check(const std::vector<Nic> &nics) const override {
    check_complete(nics, options_.static_addresses);
    if (!nics.empty() && !options_.local_engine)
      throw Error(Kind::invalid, "guest.nics: expected none: the network driver \"ovs\" needs an "
                                 "engine at a unix socket, so that guests are on this machine")
          .in_phase("network");
  }

  asio::awaitable<void> plug(const Port &guest, const std::vector<Nic> &nics,
                             Deadline deadline) override {
    check(nics);
    Attempt attempt;
    std::exception_ptr failure;
    try {
      co_await make(guest, nics, deadline, attempt);
      plugged_.insert(guest.guest);
      co_return;
    } catch (...) {
      failure = std::current_exception();
    }
    // Also where the call was cancelled: nothing is left half done.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    const std::string left = co_await unmake(attempt);
    try {
      std::rethrow_exception(failure);
    } catch (const Error &error) {
      throw with_prefix(error,
                        attempt.named ? "cannot plug " + guest.guest + ": "
                                      : "cannot plug " + guest.guest + " (" + all_of(nics) + "): ",
                        left);
    }
  }

  asio::awaitable<void> unplug(const Port &guest, Deadline deadline) override {
    const bool may_have_ports = guest.may_have_ports || plugged_.contains(guest.guest);
    std::vector<std::string> names;
    std::optional<Error> failure;
    try {
      co_await switchboard_->ready(deadline);
      names = co_await switchboard_->disconnect(guest, deadline);
    } catch (const Error &error) {
      failure = error;
    }
    if (failure) {
      if (may_have_ports)
        throw with_prefix(*failure, "the ports of " + guest.guest + " may be left: ");
      log_.debug(guest.guest + " has no NICs, as far as is known: " + failure->what());
      co_return;
    }
    plugged_.erase(guest.guest);
    if (!names.empty())
      remove_later(std::move(names));
  }

  [[nodiscard]] bool can_look() const noexcept override { return options_.local_engine; }
  [[nodiscard]] bool sees() const noexcept override { return switchboard_->sees(); }

  asio::awaitable<Seen> look(const Port &guest, const std::vector<Nic> &nics) override {
    switchboard_->require_sight();
    const SwitchRows &rows = switchboard_->rows();
    Seen seen;
    for (const SwitchRows::Place &place : rows.of_guest(guest_ids(guest)))
      seen.ports.push_back(place.interface->name);
    if (guest.pid == 0 || nics.empty())
      co_return seen;
    check(nics);
    std::vector<WantedLink> links = plan_links(rows, guest, nics, options_);
    for (WantedLink &link : links) {
      const std::vector<SwitchRows::Place> places = places_of_nic(rows, guest, link.name);
      const SwitchRows::Place *const place = standing(places, nics[link.nic]);
      link.current = place == nullptr ? "" : place->interface->name;
      seen.differs = seen.differs || place == nullptr;
    }
    if (seen.differs)
      co_return seen;
    bool all_stand = false;
    co_await maker_.run([&] { all_stand = stand({guest.pid, guest.container}, links); });
    seen.differs = !all_stand;
    co_return seen;
  }

  asio::awaitable<std::vector<Plugged>> plugged(Deadline deadline) override {
    co_await switchboard_->ready(deadline);
    std::vector<Plugged> all;
    for (const SwitchRows::Place &place : switchboard_->rows().of_guests())
      all.push_back({place.interface->external_id(kGuestKey),
                     place.interface->external_id(kInstanceKey), place.interface->name});
    co_return all;
  }

  void watch(Told told) override { switchboard_->watch(std::move(told)); }

private:
  // What one call of plug() has done.
  struct Attempt {
    Linked linked;
    Made made;
    bool named = false; ///< Whether what fails now names its NIC itself.
  };

  asio::awaitable<void> make(const Port &guest, const std::vector<Nic> &nics, Deadline deadline,
                             Attempt &attempt) {
    co_await switchboard_->ready(deadline);
    std::optional<GuestNamespace> space;
    co_await maker_.run([&] { space.emplace(guest.pid, guest.container); });
    runtime::reached(runtime::Step::namespace_opened);
    // The pid was taken from an earlier look: only if it is the guest's still, that was its
    // process.
    const std::int64_t pid = co_await look_up_(guest.container, deadline);
    if (pid != guest.pid)
      throw Error(Kind::conflict, "the guest has ended meanwhile").in_phase("network");

    const std::vector<WantedLink> links = plan_links(switchboard_->rows(), guest, nics, options_);
    attempt.named = true;
    co_await maker_.run([&] { link(*space, links, attempt.linked); });
    std::vector<WantedPort> ports =
        plan_ports(guest, nics, links, attempt.linked, options_.instance);
    attempt.named = false;
    co_await switchboard_->connect(guest, std::move(ports), options_.datapath_type, deadline,
                                   attempt.made);
  }

  // What could not be undone, for the message.
  asio::awaitable<std::string> unmake(const Attempt &attempt) {
    std::string left;
    if (!attempt.made.ports.empty()) {
      const bool done = co_await switchboard_->unmake(attempt.made);
      if (!done)
        left = "; its ports may be left until the database answers";
    }
    if (attempt.linked.made.empty())
      co_return left;
    std::string failure;
    try {
      co_await maker_.run([&] { unlink(attempt.linked.made); });
    } catch (const std::exception &error) {
      failure = error.what();
    }
    if (!failure.empty())
      left += "; interfaces are left: " + failure;
    co_return left;
  }

  // The kernel takes its time for it, and mostly they go with the guest.
  void remove_later(std::vector<std::string> names) {
    remover_.post([names = std::move(names), this] {
      try {
        unlink(names);
      } catch (const std::exception &error) {
        log_.warning(std::string("an interface is left: ") + error.what());
      }
    });
  }

  OvsOptions options_;
  LookUp look_up_;
  const Log &log_;
  std::shared_ptr<Switchboard> switchboard_;
  std::unordered_set<std::string> plugged_; ///< Guests.
  Worker maker_{"mdocker-links"};
  Worker remover_{"mdocker-unlink"};
};

} // namespace

std::unique_ptr<Driver> make_ovs(const asio::any_io_executor &executor, OvsOptions options,
                                 LookUp look_up, const Log &log) {
  return std::make_unique<Ovs>(executor, std::move(options), std::move(look_up), log);
}

} // namespace mdocker::network
