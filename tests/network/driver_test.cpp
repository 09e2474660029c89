// SPDX-License-Identifier: Apache-2.0
//
// The driver by itself, on a real switch and real guests: what no agent and no
// engine does on demand.
#include "fixture.hpp"

#include "error.hpp"
#include "network/switchboard.hpp"

#include <no_log.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <array>

namespace wire {
namespace {

namespace asio = boost::asio;
namespace network = mdocker::network;
using mdocker::Error;
using namespace std::chrono_literals;

class Driver : public OnSwitch {
protected:
  void SetUp() override {
    OnSwitch::SetUp();
    for (const char *id : {"mw-a", "mw-b"}) {
      engine().create(id, kLoopImage);
      must("MDocker.StartContainer", guest(id));
    }
    vswitch().vsctl({"add-br", kBridge, "--", "set", "bridge", kBridge, "datapath_type=netdev"});
  }

  static network::Port port_of(const std::string &id) {
    network::Port port;
    port.guest = id;
    port.container = text_at(engine().inspect(id), {"Id"});
    port.pid = pid(id);
    return port;
  }
  static network::Deadline in(std::chrono::seconds time) {
    return std::chrono::steady_clock::now() + time;
  }

  /// Plugs one NIC of a guest; at a second look it has that pid. The error, or
  /// nothing.
  std::string plugged(const network::Port &port, std::int64_t pid_at_second_look) {
    network::OvsOptions options;
    options.database = vswitch().socket();
    const network::LookUp look_up = [pid_at_second_look](const std::string &, network::Deadline)
        -> asio::awaitable<std::int64_t> { co_return pid_at_second_look; };
    const auto driver = network::make_ovs(io_.get_executor(), options, look_up, log_);
    return all_of(driver->plug(port, {nic_}, in(20s))).at(0);
  }

  /// Runs them at once to their ends; their errors.
  template <class... Works> std::vector<std::string> all_of(Works... each) {
    std::array<asio::awaitable<void>, sizeof...(each)> works{std::move(each)...};
    std::vector<std::string> said(works.size());
    std::size_t left = works.size();
    for (std::size_t i = 0; i < works.size(); ++i)
      asio::co_spawn(io_, std::move(works[i]), [&, i](const std::exception_ptr &thrown) {
        try {
          if (thrown)
            std::rethrow_exception(thrown);
        } catch (const Error &error) {
          said[i] = error.what();
        }
        if (--left == 0)
          io_.stop();
      });
    io_.restart();
    io_.run_for(40s);
    EXPECT_EQ(left, 0U) << "it did not end";
    return said;
  }

  void expect_untouched() {
    EXPECT_EQ(vswitch().ports(kBridge), std::vector<std::string>());
    EXPECT_EQ(our_links(), std::vector<std::string>());
  }

  asio::io_context io_{1};
  mdocker::test::NoLog log_;
  network::Nic nic_{"eth1", kBridge, "12:7d:da:f2:ed:63", {}, {}, {}, {}};
};

TEST_F(Driver, PlugsAGuest) {
  const network::Port port = port_of("mw-a");

  EXPECT_EQ(plugged(port, port.pid), "");

  EXPECT_EQ(net("mw-a").mac("eth1"), nic_.mac);
  EXPECT_EQ(vswitch().interfaces("mw-a").size(), 1U);
}

TEST_F(Driver, NeverTouchesAnotherGuestsProcess) {
  network::Port port = port_of("mw-a");
  port.pid = pid("mw-b");

  const std::string error = plugged(port, port.pid);

  EXPECT_NE(error.find("its cgroups do not name the container"), std::string::npos) << error;
  EXPECT_FALSE(net("mw-b").has_nic("eth1"));
  expect_untouched();
}

TEST_F(Driver, NeverTouchesAProcessOfTheMachine) {
  network::Port port = port_of("mw-a");
  port.pid = ::getpid();

  const std::string error = plugged(port, port.pid);

  EXPECT_NE(error.find("is not the guest's"), std::string::npos) << error;
  expect_untouched();
}

TEST_F(Driver, NeverTouchesAGuestThatHasAnotherPidAtASecondLook) {
  const network::Port port = port_of("mw-a");
  for (const std::int64_t now : {std::int64_t{0}, std::int64_t{pid("mw-b")}}) {
    const std::string error = plugged(port, now);

    EXPECT_NE(error.find("the guest has ended meanwhile"), std::string::npos) << error;
    EXPECT_FALSE(net("mw-a").has_nic("eth1"));
    expect_untouched();
  }
}

/// Two that plug NICs at once, each with a link of its own: agents that know
/// nothing of each other.
class Rivals : public Driver {
protected:
  void SetUp() override {
    Driver::SetUp();
    for (const std::string &link : {one_, other_})
      run({{"ip", "link", "add", link, "type", "veth", "peer", "name", "p" + link.substr(1)}});
    first_ = board();
    second_ = board();
    all_of(only_ready(*first_), only_ready(*second_));
  }
  void TearDown() override {
    first_->close();
    second_->close();
    io_.restart();
    io_.run_for(5s);
    for (const std::string &link : {one_, other_})
      run({{"ip", "link", "delete", link}});
    Driver::TearDown();
  }

  std::vector<std::string> connect_both(const std::string &bridge, const std::string &guest,
                                        const std::string &other_guest) {
    const network::Port port = port_of(guest);
    const network::Port other_port = port_of(other_guest);
    network::Made made;
    network::Made other_made;
    return all_of(connect(*first_, port, one_, bridge, made),
                  connect(*second_, other_port, other_, bridge, other_made));
  }

  const std::string one_ = "mwrival1";
  const std::string other_ = "mwrival2";

private:
  static asio::awaitable<void> only_ready(network::Switchboard &board) {
    co_await board.ready(in(10s));
  }
  static asio::awaitable<void> connect(network::Switchboard &board, const network::Port &port,
                                       const std::string &link, const std::string &bridge,
                                       network::Made &made) {
    std::vector<network::WantedPort> wanted{{{0, port.guest, "eth1", bridge, link, {}}, false}};
    co_await board.connect(port, std::move(wanted), "netdev", in(20s), made);
  }
  std::shared_ptr<network::Switchboard> board() {
    return std::make_shared<network::Switchboard>(io_.get_executor(), vswitch().socket(), log_);
  }

  std::shared_ptr<network::Switchboard> first_, second_;
};

TEST_F(Rivals, MakeOnePortOfANic) {
  const std::vector<std::string> said = connect_both(kBridge, "mw-a", "mw-a");

  // The later one takes the place of the earlier.
  EXPECT_EQ(said.at(1), "");
  EXPECT_EQ(vswitch().interfaces("mw-a", "eth1"), std::vector<std::string>{other_});
  EXPECT_EQ(vswitch().ports(kBridge), std::vector<std::string>{other_});
}

TEST_F(Rivals, MakeOneBridge) {
  const std::vector<std::string> said = connect_both("mwbr1", "mw-a", "mw-b");

  EXPECT_EQ(said, std::vector<std::string>(2));
  EXPECT_EQ(vswitch().ports("mwbr1"), (std::vector<std::string>{one_, other_}));
}

} // namespace
} // namespace wire
