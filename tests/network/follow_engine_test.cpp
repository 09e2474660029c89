// SPDX-License-Identifier: Apache-2.0
//
// Guests of an engine that is restarted.
#include "follow_fixture.hpp"

#include <csignal>
#include <iostream>
#include <thread>

namespace wire {
namespace {

class Restart : public OnSwitch, public testing::WithParamInterface<bool> {
protected:
  static bool live() { return GetParam(); }

  void SetUp() override {
    OnSwitch::SetUp();
    make_images(own_.api());
    host_ = std::make_unique<HostProcess>(host_command(kFollowing, own_.api().endpoint()));
    for (const auto &[id, address] : {std::pair("mw-a", "10.1.0.1"), {"mw-b", "10.1.0.2"}}) {
      called("MDocker.CreateContainer",
             guest(id, R"(,"image":)" + json_string(kLoopImage) + R"(,"nics":[)" +
                           addressed_nic(address) + "]"));
      called("MDocker.StartContainer", guest(id));
    }
    ASSERT_TRUE(comes_true([&] { return talk(); }));
  }
  void TearDown() override {
    own_.api().remove_guests();
    if (host_) {
      EXPECT_EQ(host_->end(), 0);
      if (HasFailure())
        std::cerr << "the host's log:\n" << host_->process().output();
    }
    OnSwitch::TearDown();
  }

  void called(std::string_view method, const std::string &params) {
    const RpcAnswer answer = host_->call(method, params);
    ASSERT_EQ(answer.error, "") << method;
  }
  [[nodiscard]] pid_t pid_of(const std::string &id) const {
    return static_cast<pid_t>(std::stol(at(own_.api().inspect(id), {"State", "Pid"})));
  }
  [[nodiscard]] bool talk() const {
    const pid_t one = pid_of("mw-a");
    const pid_t other = pid_of("mw-b");
    return one > 0 && other > 0 && reaches(GuestNet(other), GuestNet(one), "10.1.0.1");
  }
  [[nodiscard]] bool answers() const {
    try {
      return own_.api().request("GET", "/_ping").status == 200;
    } catch (const std::exception &) {
      return false;
    }
  }
  void start_again(const std::string &id) {
    const HttpResponse response = own_.api().request("POST", "/containers/" + id + "/start");
    ASSERT_LT(response.status, 400) << response.body;
  }

  PrivateEngine own_{GetParam() ? std::vector<std::string>{"--live-restore"}
                                : std::vector<std::string>()};
  std::unique_ptr<HostProcess> host_;
};

TEST_P(Restart, OfTheEngineLeavesEachGuestThatRunsConnected) {
  const std::vector<std::string> before = vswitch().ports(kBridge);

  own_.restart();

  const auto event = Clock::now();
  if (live()) {
    EXPECT_TRUE(comes_true([&] { return talk(); }));
    EXPECT_EQ(vswitch().ports(kBridge), before);
  } else { // they were stopped
    EXPECT_TRUE(in_time(event, [&] { return vswitch().ports(kBridge).empty(); }));
    start_again("mw-a");
    start_again("mw-b");
    EXPECT_TRUE(in_time(Clock::now(), [&] { return talk(); }));
  }
  EXPECT_TRUE(comes_true([] { return our_links().size() == 2; }));
}

TEST_P(Restart, OfTheEngineHidesNoEndAndNoStart) {
  const pid_t before = pid_of("mw-a");
  const HttpResponse updated = own_.api().request("POST", "/containers/mw-b/update",
                                                  R"({"RestartPolicy":{"Name":"always"}})");
  ASSERT_EQ(updated.status, 200) << updated.body;
  const std::string port = vswitch().interfaces("mw-b").at(0);

  std::thread restart([&] { own_.restart(); });
  EXPECT_TRUE(comes_true([&] { return !answers(); }));
  if (live()) { // else the engine has ended both
    EXPECT_EQ(::kill(before, SIGKILL), 0);
  }
  restart.join();

  const auto event = Clock::now();
  EXPECT_TRUE(in_time(event, [&] {
    return vswitch().interfaces("mw-a").empty() && vswitch().interfaces("mw-b").size() == 1;
  }));
  if (live()) {
    EXPECT_EQ(vswitch().interfaces("mw-b"), std::vector<std::string>{port});
  }
  start_again("mw-a");
  EXPECT_TRUE(in_time(Clock::now(), [&] { return talk(); }));
}

INSTANTIATE_TEST_SUITE_P(, Restart, testing::Bool(), [](const auto &param_info) {
  return param_info.param ? "WithLiveRestore" : "WithoutLiveRestore";
});

} // namespace
} // namespace wire
