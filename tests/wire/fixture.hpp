// SPDX-License-Identifier: Apache-2.0
//
// What the tests on a real engine share: one host per suite, and no guest of ours before and after
// each test.
#pragma once

#include "engine.hpp"
#include "host_process.hpp"
#include "json_at.hpp"

#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <string_view>

namespace wire {

class OnEngine : public testing::Test {
protected:
  static void SetUpTestSuite();
  static void TearDownTestSuite();
  void SetUp() override;
  void TearDown() override;

  static HostProcess &host();
  static const EngineApi &engine();

  /// A call that must succeed: its result.
  static std::string must(std::string_view method, std::string_view params);
  /// A guest of one NIC, created and, if wished, started through the code under test.
  static void create(std::string_view id, std::string_view image = kLoopImage,
                     std::string_view more = {});
  static void create_and_start(std::string_view id, std::string_view image = kLoopImage);
  /// What the engine itself says of a guest: "running", "paused", "created", "exited", or "absent".
  static std::string state(std::string_view id);

private:
  static std::unique_ptr<HostProcess> host_;
};

/// {"guest":{"id":ID MORE}}
std::string guest(std::string_view id, std::string_view more = {});

/// The NIC that the original's cases use.
inline constexpr std::string_view kNic =
    R"({"name":"eth1","network":"mistify0","model":"","mac":"12:7d:da:f2:ed:63","address":"",)"
    R"("netmask":"","gateway":"","vlans":[1,2,3]})";

} // namespace wire
