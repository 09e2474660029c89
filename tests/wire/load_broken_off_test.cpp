// SPDX-License-Identifier: Apache-2.0
//
// A load that is broken off where the engine has a part of the archive: what of it is there
// afterwards is what was there before.
#include "images_in_process.hpp"

namespace wire {
namespace {

using namespace std::chrono_literals;
using mdocker::test::Gate;

/// Half of this one is more than all that lies between the service and the engine may hold.
const std::string &large() {
  static const std::string archive = docker_archive(ImageParts("large", 64));
  return archive;
}

/// The large archive, of which the second half comes when the test wants it.
class HalfServed {
public:
  explicit HalfServed(ImageService &service) {
    auto reached = std::make_shared<std::promise<void>>();
    half_ = reached->get_future();
    service.answer(kUuid, first_half(large()).then([reached, rest = rest_] {
      reached->set_value();
      return Reply().wait(rest).send(large().substr(large().size() / 2)).close();
    }));
  }
  /// Whether the service could send the first half, within the usual limit.
  [[nodiscard]] bool wait_for_half() {
    return half_.wait_for(kPatience) == std::future_status::ready;
  }
  void serve_rest() const { rest_.open(); }

private:
  Gate rest_;
  std::future<void> half_;
};

class BrokenOffByTheService : public Images {};

TEST_F(BrokenOffByTheService, AtAnyByte) {
  start_host();
  const std::string archive = docker_archive(ImageParts("reset"));
  const std::string answer = archive_head(archive.size()) + archive;
  const std::size_t head = answer.size() - archive.size();
  for (const std::size_t sent :
       {std::size_t{0}, std::size_t{9}, head - 1, head, head + 1, head + 511, head + 512,
        head + 1'700, answer.size() - 1'025, answer.size() - 1'024, answer.size() - 1}) {
    SCOPED_TRACE("reset after " + std::to_string(sent) + " bytes");
    service_.answer(kUuid, Reply().send(answer.substr(0, sent)).reset());

    expect_refused("cannot load the image: ");
  }

  expect_next_load_works();
}

TEST_F(BrokenOffByTheService, InTheMiddleOfTheUpload) {
  start_host();
  service_.answer(kUuid, first_half(large()).reset());

  expect_refused("broke off after");
  expect_next_load_works();
}

TEST_F(BrokenOffByTheService, WhichFallsSilentInTheMiddleOfTheUpload) {
  start_host(R"("timeouts":{"image_idle_ms":500})");
  HalfServed service(service_);

  expect_refused("in 500 ms, after " + std::to_string(large().size() / 2));

  EXPECT_TRUE(service.wait_for_half());
  expect_next_load_works();
}

std::unique_ptr<PrivateEngine> own_engine;

/// On an engine that is ended and frozen in the middle of the upload.
template <class Fixture> class OnOwnEngine : public Fixture {
protected:
  static void SetUpTestSuite() { own_engine = std::make_unique<PrivateEngine>(); }
  static void TearDownTestSuite() { own_engine.reset(); }
  OnOwnEngine() : Fixture(own_engine->api()) {}
};

class BrokenOffByTheEngine : public OnOwnEngine<Images> {};

TEST_F(BrokenOffByTheEngine, ThatIsKilled) {
  start_host();
  HalfServed service(service_);
  Connection caller = begin_load();
  ASSERT_TRUE(service.wait_for_half());

  own_engine->crash();
  service.serve_rest();

  const RpcAnswer answer = read_answer(caller.receive());
  EXPECT_NE(answer.error.find("nothing was loaded"), std::string::npos) << answer.error;
  expect_nothing_left();
  expect_next_load_works();
}

TEST_F(BrokenOffByTheEngine, ThatIsKilledWhileTheServiceIsSilent) {
  start_host(R"("timeouts":{"image_idle_ms":600000})");
  HalfServed service(service_);
  Connection caller = begin_load();
  ASSERT_TRUE(service.wait_for_half());

  own_engine->crash();

  const RpcAnswer answer = read_answer(caller.receive(20s));
  EXPECT_NE(answer.error.find("the engine at " + engine().endpoint()), std::string::npos)
      << answer.error;
  EXPECT_NE(answer.error.find("nothing was loaded"), std::string::npos) << answer.error;
  expect_nothing_left();
  expect_next_load_works();
}

TEST_F(BrokenOffByTheEngine, ThatIsFrozen) {
  start_host(R"("timeouts":{"load_ms":700})");
  HalfServed service(service_);
  Connection caller = begin_load();
  ASSERT_TRUE(service.wait_for_half());

  own_engine->freeze();
  service.serve_rest();
  const RpcAnswer answer = read_answer(caller.receive());
  own_engine->thaw();

  EXPECT_NE(answer.error.find("no sign of life of the engine"), std::string::npos) << answer.error;
  EXPECT_NE(answer.error.find("in 700 ms"), std::string::npos) << answer.error;
  expect_nothing_left();
  expect_next_load_works();
}

class BrokenOffByTheCaller : public OnOwnEngine<ImagesInProcess> {};

TEST_F(BrokenOffByTheCaller, WhoseTimeIsUpInTheMiddleOfTheUpload) {
  HalfServed service(service_);

  const mistify::Answer answer = begin(5s).get();

  EXPECT_TRUE(service.wait_for_half());
  ASSERT_TRUE(answer.error);
  EXPECT_EQ(text_at(answer.error->data_json, {"kind"}), "timeout") << answer.error->message;
  expect_nothing_left();
  expect_next_load_works();
}

TEST_F(BrokenOffByTheCaller, WhoseTimeIsUpWhileTheEngineIsFrozen) {
  HalfServed service(service_);
  std::future<mistify::Answer> future = begin(5s);
  ASSERT_TRUE(service.wait_for_half());

  own_engine->freeze();
  service.serve_rest();
  const bool in_time = future.wait_for(10s) == std::future_status::ready;
  own_engine->thaw();

  EXPECT_TRUE(in_time) << "the engine is waited for";
  EXPECT_TRUE(future.get().error);
  expect_nothing_left();
  expect_next_load_works();
}

TEST_F(BrokenOffByTheCaller, WhoCancelsInTheMiddleOfTheUpload) {
  HalfServed service(service_);
  std::future<mistify::Answer> answer = begin();
  ASSERT_TRUE(service.wait_for_half());

  EXPECT_TRUE(host_.cancel(id_));

  EXPECT_TRUE(answer.get().error);
  expect_nothing_left();
  expect_next_load_works();
}

} // namespace
} // namespace wire
