// SPDX-License-Identifier: Apache-2.0
//
// A load that ends before its time, in each of its phases: the engine has no new image and no new
// name, and the next load works.
#include "image_fixture.hpp"

#include <csignal>

namespace wire {
namespace {

using namespace std::chrono_literals;
using mdocker::test::Gate;

class Interrupted : public Images {};

TEST_F(Interrupted, TheServiceDiesAfterHalfOfIt) {
  start_host();
  service_.answer(kUuid, first_half(docker_archive(ImageParts("large", 8))).reset());

  expect_refused("after");
  expect_next_load_works();
}

TEST_F(Interrupted, TheCallerLeavesBeforeTheServiceAnswers) {
  start_host();
  service_.answer(kUuid, Reply().hang());
  {
    const Connection leaves = begin_load();
    ASSERT_TRUE(service_.wait_for_requests(1));
  }

  expect_nothing_left();
  expect_next_load_works();
}

TEST_F(Interrupted, TheCallerLeavesInTheMiddleOfTheDownload) {
  start_host();
  const Gate sent;
  service_.answer(kUuid, first_half(docker_archive(ImageParts("large", 8))).then([sent] {
    sent.open();
    return Reply().hang();
  }));
  {
    const Connection leaves = begin_load();
    ASSERT_TRUE(comes_true([&] { return sent.is_open(); }));
  }

  expect_nothing_left();
  expect_next_load_works();
}

TEST_F(Interrupted, TheHostStopsInTheMiddleOfTheDownload) {
  HostProcess &host = start_host({}, R"("drain_ms":100)");
  service_.answer(kUuid, first_half(docker_archive(ImageParts("large", 8))).hang());
  Connection caller = begin_load();
  ASSERT_TRUE(service_.wait_for_requests(1));

  host.process().signal(SIGTERM);

  EXPECT_EQ(host.process().wait(), 0);
  EXPECT_NE(read_answer(caller.receive()).error, "");
  EXPECT_TRUE(service_.wait_until_alone());
  EXPECT_EQ(holdings(engine()), before_);
}

/// On an engine of its own, which may be ended and frozen.
class EngineInTrouble : public Images {
protected:
  static void SetUpTestSuite() { engine_ = std::make_unique<PrivateEngine>(); }
  static void TearDownTestSuite() { engine_.reset(); }
  EngineInTrouble() : Images(engine_->api()) {}
  void SetUp() override { Images::SetUp(); }
  static PrivateEngine &own() { return *engine_; }

private:
  static std::unique_ptr<PrivateEngine> engine_;
};
std::unique_ptr<PrivateEngine> EngineInTrouble::engine_;

TEST_F(EngineInTrouble, ItEndsInTheMiddleOfTheUpload) {
  start_host();
  const Gate gate;
  const std::string archive = docker_archive(ImageParts("large", 8));
  service_.answer(kUuid,
                  first_half(archive).wait(gate).send(archive.substr(archive.size() / 2)).close());
  Connection caller = begin_load();
  ASSERT_TRUE(service_.wait_for_requests(1));

  own().restart();
  gate.open();

  EXPECT_NE(read_answer(caller.receive()).error, "");
  expect_nothing_left();
  expect_next_load_works();
}

TEST_F(EngineInTrouble, ItIsFrozenBeforeTheLoad) {
  start_host(R"("timeouts":{"read_ms":700})");
  service_.serve(kUuid, docker_archive(ImageParts("x")));
  own().freeze();

  const RpcAnswer answer = load();
  own().thaw();

  EXPECT_NE(answer.error, "");
  EXPECT_EQ(service_.downloads(kUuid), 0U) << "it is not known yet whether it is needed";
  expect_nothing_left();
  expect_next_load_works();
}

} // namespace
} // namespace wire
