// SPDX-License-Identifier: Apache-2.0
//
// A load that ends before its time, in each of its phases: the engine has no new image and no new
// name, and the next load works.
#include "image_fixture.hpp"

#include <mistify/host.hpp>

#include <atomic>
#include <csignal>

namespace wire {
namespace {

using namespace std::chrono_literals;
using mdocker::test::Gate;
using mdocker::test::Request;

const std::string kName = std::string(kUuid) + ":latest";

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

/// A stand-in for an engine, which takes the archive and answers what the test says.
class DoubledEngine : public testing::Test {
protected:
  /// load: what it answers to the archive. No image is there, and each removal is known.
  void start(std::function<Reply(const Request &)> load, const std::string &image = {}) {
    engine_ = std::make_unique<mdocker::test::EngineDouble>([=, this](const Request &request) {
      if (request.method == "POST")
        return load(request);
      if (request.method == "DELETE")
        return mdocker::test::answer(200, "[]");
      return !image.empty() && loaded_ ? mdocker::test::answer(200, image)
                                       : mdocker::test::refusal(404, "No such image");
    });
    host_ = std::make_unique<HostProcess>(
        engine_->endpoint(), std::vector<std::string>{"-i", service_.address(), "-l", "info"});
  }
  [[nodiscard]] std::size_t count(std::string_view beginning) const {
    std::size_t found = 0;
    for (const std::string &line : engine_->lines())
      if (line.starts_with(beginning))
        ++found;
    return found;
  }
  RpcAnswer load() { return host_->call("MDocker.LoadImage", by_id(kUuid)); }

  ImageService service_;
  std::atomic<bool> loaded_ = false;
  std::unique_ptr<mdocker::test::EngineDouble> engine_;
  std::unique_ptr<HostProcess> host_;
};

TEST_F(DoubledEngine, TellsOfAFailureInsideOfItsAnswer) {
  start([](const Request &) {
    return mdocker::test::error_in_stream({R"({"status":"Loading layer"})"
                                           "\r\n"},
                                          "no space left on device");
  });
  service_.serve(kUuid, docker_archive(ImageParts("x")));

  const RpcAnswer answer = load();

  EXPECT_NE(answer.error.find("no space left on device"), std::string::npos) << answer.error;
}

TEST_F(DoubledEngine, CannotUnpackWhatItHasNamed) {
  start([](const Request &) {
    return mdocker::test::chunked(200, {R"({"stream":"Error unpacking image x: failed"})"
                                        "\r\n"});
  });
  service_.serve(kUuid, docker_archive(ImageParts("x")));

  const RpcAnswer answer = load();

  EXPECT_NE(answer.error.find("Error unpacking image"), std::string::npos) << answer.error;
}

TEST_F(DoubledEngine, RefusesBeforeItHasTakenAll) {
  start([](const Request &) { return mdocker::test::refusal(500, "the disk is broken"); });
  service_.serve(kUuid, docker_archive(ImageParts("x")));

  EXPECT_NE(load().error.find("the disk is broken"), std::string::npos);
}

TEST_F(DoubledEngine, HasAnotherImageUnderTheNameThanTheArchives) {
  const std::string other = "sha256:" + std::string(64, 'e');
  start(
      [this](const Request &) {
        loaded_ = true;
        return mdocker::test::chunked(200, {R"({"stream":"Loaded image: x"})"});
      },
      R"({"Id":")" + other + R"(","Size":1})");
  service_.serve(kUuid, docker_archive(ImageParts("x")));

  const RpcAnswer answer = load();

  EXPECT_NE(answer.error.find(other), std::string::npos) << answer.error;
  EXPECT_EQ(count("DELETE /images/" + kName), 1U) << "the name is left";
}

TEST_F(DoubledEngine, IsSentTheArchiveOnceAndWithTheOnlyName) {
  const ImageParts image("x");
  start(
      [this](const Request &) {
        loaded_ = true;
        return mdocker::test::chunked(200, {R"({"stream":"Loaded image: x"})"});
      },
      R"({"Id":")" + image.id + R"(","Size":5242880})");
  service_.serve(kUuid, docker_archive(image));

  EXPECT_EQ(at(load().result, {"images", "0", "size"}), "5");

  EXPECT_EQ(count("POST"), 1U);
  EXPECT_EQ(count("DELETE"), 0U);
  for (const Request &request : engine_->requests())
    if (request.method == "POST") {
      EXPECT_EQ(request.path(), "/images/load");
      EXPECT_EQ(request.header("content-type"), "application/x-tar");
      EXPECT_EQ(mdocker::image::test::content_of(mdocker::image::test::read_back(request.body),
                                                 "manifest.json")
                    .find("mdocker-test"),
                std::string::npos);
    }
}

TEST_F(DoubledEngine, TakesTheNameBackThatNobodyWaitsForAnyMore) {
  const ImageParts image("x");
  const Gate gate;
  start(
      [&, gate](const Request &) {
        return Reply().wait(gate).then([this] {
          loaded_ = true;
          return mdocker::test::chunked(200, {R"({"stream":"Loaded image: x"})"});
        });
      },
      R"({"Id":")" + image.id + R"(","Size":1})");
  service_.serve(kUuid, docker_archive(image));
  mistify::HostOptions options;
  options.config = [this](std::string_view) {
    return R"({"endpoint":)" + json_string(engine_->endpoint()) + R"(,"image_service":)" +
           json_string(service_.address()) + R"(,"network":{"driver":"none"}})";
  };
  mistify::Host host(options);
  host.load(WIRE_PLUGIN);
  const std::string params = by_id(kUuid);
  const mistify::CallId call = host.dispatch({.method = "MDocker.LoadImage", .params_json = params},
                                             [](const mistify::Answer &) {});
  const auto archived = Clock::now() + kPatience;
  while (count("POST") == 0) // it is seen when the archive is whole
    ASSERT_LT(Clock::now(), archived) << "the archive has not come";
  ASSERT_TRUE(host.cancel(call));

  gate.open();

  const auto until = Clock::now() + kPatience;
  while (count("DELETE /images/" + kName) == 0)
    ASSERT_LT(Clock::now(), until)
        << "the name is left; " << testing::PrintToString(engine_->lines());
}

} // namespace
} // namespace wire
