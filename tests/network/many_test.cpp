// SPDX-License-Identifier: Apache-2.0
#include "fixture.hpp"

#include <set>
#include <thread>

namespace wire {
namespace {

class Many : public OnSwitch {
protected:
  static constexpr int kGuests = 50;

  static std::string name(int i) { return "mw-" + std::to_string(i); }

  /// The same call for every guest at once; the errors.
  std::vector<std::string> all_at_once(const char *method) {
    HostProcess &called = host();
    std::vector<std::string> errors(kGuests);
    std::vector<std::thread> callers;
    callers.reserve(kGuests);
    for (int i = 0; i < kGuests; ++i)
      callers.emplace_back([&, i] {
        try {
          errors[static_cast<std::size_t>(i)] =
              called.call(method, guest(name(i)), std::chrono::minutes(2)).error;
        } catch (const std::exception &error) {
          errors[static_cast<std::size_t>(i)] = error.what();
        }
      });
    for (std::thread &caller : callers)
      caller.join();
    return errors;
  }
};

TEST_F(Many, FiftyGuestsAreStartedAndStoppedAtOnce) {
  host_with({"MISTIFY_TIMEOUTS_CHANGE_MS=110000", "MISTIFY_TIMEOUTS_STOP_MARGIN_MS=100000"});
  for (int i = 0; i < kGuests; ++i)
    create(name(i), {nic("eth1", "mwbr0"), nic("eth2", "mwbr1")});

  EXPECT_EQ(all_at_once("MDocker.StartContainer"), std::vector<std::string>(kGuests));

  for (int i = 0; i < kGuests; ++i) {
    EXPECT_EQ(vswitch().interfaces(name(i), "eth1").size(), 1U) << name(i);
    EXPECT_EQ(vswitch().interfaces(name(i), "eth2").size(), 1U) << name(i);
  }
  EXPECT_EQ(vswitch().ports("mwbr0").size(), std::size_t{kGuests});
  EXPECT_EQ(vswitch().ports("mwbr1").size(), std::size_t{kGuests});
  EXPECT_EQ(lines(vswitch().vsctl({"list-br"})).size(), 2U);

  EXPECT_EQ(all_at_once("MDocker.StopContainer"), std::vector<std::string>(kGuests));

  EXPECT_EQ(vswitch().ports("mwbr0"), std::vector<std::string>());
  EXPECT_EQ(vswitch().ports("mwbr1"), std::vector<std::string>());
}

TEST_F(Many, EightStartsOfOneGuestMakeOnePort) {
  create("mw-0", {nic("eth1")});
  HostProcess &called = host();
  constexpr int kCallers = 8;
  std::vector<std::thread> callers;
  callers.reserve(kCallers);
  for (int i = 0; i < kCallers; ++i)
    callers.emplace_back(
        [&] { EXPECT_EQ(called.call("MDocker.StartContainer", guest("mw-0")).error, ""); });
  for (std::thread &caller : callers)
    caller.join();

  EXPECT_EQ(vswitch().interfaces("mw-0").size(), 1U);
}

} // namespace
} // namespace wire
