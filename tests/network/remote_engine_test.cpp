// SPDX-License-Identifier: Apache-2.0
//
// An engine that is reached by TCP may be another machine's, and so are its pids.
#include "fixture.hpp"

#include <double/engine_double.hpp>

namespace wire {
namespace {

using mdocker::test::answer;
using mdocker::test::EngineDouble;
using mdocker::test::Request;

class RemoteEngine : public OnSwitch {
protected:
  void TearDown() override {
    if (remote_) {
      EXPECT_EQ(remote_->end(), 0);
    }
    remote_.reset();
    OnSwitch::TearDown();
  }
  std::unique_ptr<HostProcess> remote_; ///< A host on such an engine.
};

TEST_F(RemoteEngine, HasNoGuestWithNicsStarted) {
  create("mw-a", {nic("eth1")});
  const std::string inspected = engine().inspect("mw-a");
  // It says of the guest what the real one says.
  const EngineDouble remote(
      [&](const Request &request) {
        return request.method == "GET" ? answer(200, inspected) : answer(204, "");
      },
      {.tcp = true});
  remote_ =
      std::make_unique<HostProcess>(host_command({"MISTIFY_INSECURE=true"}, remote.tcp_endpoint()));

  for (const char *method : {"MDocker.StartContainer", "MDocker.RestartContainer"}) {
    const std::string error = remote_->call(method, guest("mw-a")).error;
    EXPECT_NE(error.find(R"(the network driver "ovs" needs an engine at a unix socket)"),
              std::string::npos)
        << error;
  }

  for (const std::string &line : remote.lines())
    EXPECT_EQ(line, "GET /containers/mw-a/json");
  EXPECT_FALSE(vswitch().has_bridge(kBridge));
  EXPECT_TRUE(our_links().empty());
}

} // namespace
} // namespace wire
