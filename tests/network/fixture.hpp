// SPDX-License-Identifier: Apache-2.0
//
// What the tests of networks share: an engine, a switch whose data path is in user space, and a
// host with the driver "ovs".
#pragma once

#include "../support/comes_true.hpp"
#include "engine.hpp"
#include "guest_sockets.hpp"
#include "host_process.hpp"
#include "json_at.hpp"
#include "vswitch.hpp"

#include <functional>
#include <gtest/gtest.h>
#include <memory>

namespace wire {

using mdocker::test::comes_true;

inline constexpr const char *kBridge = "mwbr0";

class OnSwitch : public testing::Test {
protected:
  void SetUp() override;
  void TearDown() override;

  static const EngineApi &engine() { return test_engine(); }
  PrivateSwitch &vswitch() { return *switch_; }
  HostProcess &host();
  /// Ends the host, where there is one, and starts one with these environment variables more.
  void host_with(const std::vector<std::string> &environment);
  [[nodiscard]] Command host_command(const std::vector<std::string> &environment = {},
                                     const std::string &endpoint = engine().endpoint()) const;

  std::string must(std::string_view method, std::string_view params);
  /// The error of a call that must fail.
  std::string fails(std::string_view method, std::string_view params);
  /// nics: JSON objects.
  void create(const std::string &id, const std::vector<std::string> &nics);
  GuestNet start(const std::string &id);
  GuestNet create_and_start(const std::string &id, const std::vector<std::string> &nics);
  [[nodiscard]] static std::string state(const std::string &id);
  [[nodiscard]] static pid_t pid(const std::string &id);
  [[nodiscard]] static GuestNet net(const std::string &id) { return GuestNet(pid(id)); }
  /// Expects that there is no port of the guest and no link of ours, now or very soon.
  void expect_nothing_left(const std::string &id);

private:
  std::unique_ptr<PrivateSwitch> switch_;
  std::unique_ptr<HostProcess> host_;
};

/// A NIC on a bridge; more: further members.
std::string nic(const std::string &name, const std::string &bridge = kBridge,
                const std::string &more = {});
std::string guest(const std::string &id, const std::string &more = {});

} // namespace wire
