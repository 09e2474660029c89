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

/// An archive that does not fit into what is under way: its layer has so many bytes.
std::string large_archive(std::size_t mebibytes) {
  Tar layer;
  layer.file("large", std::string(mebibytes << 20U, 'x'));
  ImageParts image("large");
  image.layer = layer.done();
  return docker_archive(image);
}

class Interrupted : public Images {
protected:
  /// Sends the first half, and then does what the test says.
  Reply half(const std::string &archive) {
    return Reply().send(archive_head(archive.size())).send(archive.substr(0, archive.size() / 2));
  }
};

TEST_F(Interrupted, TheServiceDiesAfterHalfOfIt) {
  start_host();
  service_.answer(kUuid, half(large_archive(8)).reset());

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
  service_.answer(kUuid, half(large_archive(8)).then([sent] {
    sent.open();
    return Reply().hang();
  }));
  {
    const Connection leaves = begin_load();
    const auto until = Clock::now() + kPatience;
    while (!sent.is_open())
      ASSERT_LT(Clock::now(), until);
  }

  expect_nothing_left();
  expect_next_load_works();
}

TEST_F(Interrupted, TheHostStopsInTheMiddleOfTheDownload) {
  HostProcess &host = start_host({}, R"("drain_ms":100)");
  service_.answer(kUuid, half(large_archive(8)).hang());
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
  const std::string archive = large_archive(8);
  service_.answer(kUuid, Reply()
                             .send(archive_head(archive.size()))
                             .send(archive.substr(0, archive.size() / 2))
                             .wait(gate)
                             .send(archive.substr(archive.size() / 2))
                             .close());
  Connection caller = begin_load();
  ASSERT_TRUE(service_.wait_for_requests(1));

  own().restart();
  gate.open();

  EXPECT_NE(read_answer(caller.receive()).error, "");
  expect_nothing_left();
  expect_next_load_works();
}

TEST_F(EngineInTrouble, ItIsSilentForTooLong) {
  start_host(R"("timeouts":{"load_ms":700})");
  service_.serve(kUuid, large_archive(32));
  own().freeze();
  Connection caller = begin_load();

  const RpcAnswer answer = read_answer(caller.receive());
  own().thaw();

  EXPECT_NE(answer.error, "");
  expect_nothing_left();
  expect_next_load_works();
}

} // namespace
} // namespace wire
