// SPDX-License-Identifier: Apache-2.0
#include "follow_fixture.hpp"

#include <csignal>
#include <iostream>

namespace wire {

void Follow::SetUp() {
  OnSwitch::SetUp();
  host_again();
  create_and_start("mw-a", {addressed_nic("10.1.0.1")});
  create_and_start("mw-b", {addressed_nic("10.1.0.2")});
  ASSERT_TRUE(comes_true([] { return reaches(net("mw-b"), net("mw-a"), "10.1.0.1"); }));
}

void Follow::expect_talk(Clock::time_point event) {
  EXPECT_TRUE(in_time(event, [&] {
    return vswitch().interfaces("mw-a").size() == 1 &&
           reaches(net("mw-b"), net("mw-a"), "10.1.0.1");
  }));
  static std::uint16_t port =
      1'000; // another one each time: the last one's may be kept for a while
  const Fd listening = net("mw-a").listen("10.1.0.1", ++port);
  const Fd sending = net("mw-b").connect("10.1.0.1", port);
  send_all(sending, "there");
  EXPECT_EQ(receive(accept(listening), 5), "there");
  EXPECT_EQ(vswitch().interfaces("mw-a").size(), 1U);
  EXPECT_EQ(vswitch().interfaces("mw-b").size(), 1U);
  EXPECT_TRUE(comes_true([] { return our_links().size() == 2; }));
}

void Follow::expect_unplugged(const std::string &id, Clock::time_point event) {
  EXPECT_TRUE(in_time(event, [&] { return vswitch().interfaces(id).empty(); }));
  EXPECT_TRUE(comes_true([] { return our_links().size() == 1; })); // the other's
}

void Follow::by_the_engine(const std::string &id, const std::string &what,
                           const std::string &body) {
  const HttpResponse response = engine().request("POST", "/containers/" + id + "/" + what, body);
  if (response.status >= 300)
    throw std::runtime_error("engine: " + what + " of " + id + ": " + response.body);
}

void Follow::kill_guest(const std::string &id, int signal) {
  const pid_t process = pid(id);
  if (process <= 0 || ::kill(process, signal) != 0)
    throw std::runtime_error(id + " cannot be killed");
  if (!comes_true([&] { return pid(id) != process; }))
    throw std::runtime_error("the engine does not see the end of " + id);
}

std::string Follow::link_of(const std::string &id) {
  return vswitch().interfaces(id).at(0);
}

std::string addressed_nic(const std::string &address, const std::string &bridge) {
  return nic("eth1", bridge, R"(,"address":")" + address + R"(","netmask":"24")");
}

bool reaches(const GuestNet &from, const GuestNet &to, const std::string &address) {
  constexpr std::chrono::milliseconds kOneWay{20};
  try {
    const Fd there = to.udp(address, 7);
    const Fd here = from.udp("0.0.0.0", 7);
    send_to(here, address, 7, "there");
    return readable(there, kOneWay) && receive(there) == "there";
  } catch (const std::exception &) { // it has no such process, NIC or address
    return false;
  }
}

bool in_time(Clock::time_point event, const std::function<bool()> &condition) {
  const bool became_true = comes_true(condition);
  const auto took = std::chrono::ceil<std::chrono::milliseconds>(Clock::now() - event);
  testing::Test::RecordProperty("repaired_ms", std::to_string(took.count()));
  std::cout << "after " << took.count() << " ms\n";
  return became_true && took <= kRepaired;
}

} // namespace wire
