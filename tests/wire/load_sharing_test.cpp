// SPDX-License-Identifier: Apache-2.0
//
// Loads of one id at once share one download; loads of several ids have their turns.
#include "image_fixture.hpp"

#include <list>

namespace wire {
namespace {

using mdocker::test::Gate;

class Sharing : public Images {
protected:
  /// The archive, whose second half comes when the gate is open.
  void serve_held(std::string_view id, const std::string &archive, const Gate &gate) {
    service_.answer(id, Reply()
                            .send(archive_head(archive.size()))
                            .send(archive.substr(0, archive.size() / 2))
                            .wait(gate)
                            .send(archive.substr(archive.size() / 2))
                            .close());
  }
  /// Waits until so many calls have come to the host.
  void await_calls(std::size_t count) {
    ASSERT_TRUE(comes_true([&] {
      return at(host().get("/healthz").body, {"calls_in_flight"}) == std::to_string(count);
    })) << "the calls have not come";
  }
};

TEST_F(Sharing, EachOfManyGetsTheAnswerOfOneDownload) {
  constexpr std::size_t kCallers = 8;
  const ImageParts image("shared");
  const Gate gate;
  serve_held(kUuid, docker_archive(image), gate);
  std::list<Connection> callers;
  for (std::size_t i = 0; i < kCallers; ++i)
    callers.push_back(begin_load());
  await_calls(kCallers);

  gate.open();

  for (Connection &caller : callers)
    EXPECT_EQ(at(read_answer(caller.receive()).result, {"images", "0", "id"}), json_string(kUuid));
  EXPECT_EQ(service_.downloads(kUuid), 1U);
  EXPECT_TRUE(is_image(engine(), kName, image));
}

TEST_F(Sharing, EachOfManyGetsTheErrorOfOneDownload) {
  const Gate gate;
  service_.answer(kUuid, Reply().wait(gate).send("HTTP/1.1 404 Not Found\r\n\r\n").close());
  std::list<Connection> callers;
  for (int i = 0; i < 4; ++i)
    callers.push_back(begin_load());
  await_calls(4);

  gate.open();

  for (Connection &caller : callers)
    EXPECT_NE(read_answer(caller.receive()).error.find("received 404"), std::string::npos);
  EXPECT_EQ(service_.downloads(kUuid), 1U);
  expect_next_load_works();
}

TEST_F(Sharing, EachCallerSeesTheIdAsItWroteIt) {
  const Gate gate;
  serve_held(kUuid, docker_archive(ImageParts("two ways to write it")), gate);
  constexpr const char *kUpper = "6D6F636B-0000-4000-8000-00000000A001";
  Connection lower = begin_load();
  await_calls(1);
  Connection upper = begin_load(kUpper);
  await_calls(2);

  gate.open();

  EXPECT_EQ(text_at(read_answer(lower.receive()).result, {"images", "0", "id"}), kUuid);
  EXPECT_EQ(text_at(read_answer(upper.receive()).result, {"images", "0", "id"}), kUpper);
  EXPECT_EQ(service_.requests().size(), 1U);
}

TEST_F(Sharing, WhoLeavesLeavesTheOthersLoadAlone) {
  const ImageParts image("one leaves");
  const Gate gate;
  serve_held(kUuid, docker_archive(image), gate);
  Connection stays = begin_load();
  await_calls(1);
  {
    const Connection leaves = begin_load();
    await_calls(2);
  }
  await_calls(1);

  gate.open();

  EXPECT_EQ(read_answer(stays.receive()).error, "");
  EXPECT_TRUE(is_image(engine(), kName, image));
  EXPECT_EQ(service_.downloads(kUuid), 1U);
}

TEST_F(Sharing, TheFirstOneMayLeaveToo) {
  const Gate gate;
  serve_held(kUuid, docker_archive(ImageParts("the first leaves")), gate);
  auto first = std::make_unique<Connection>(begin_load());
  await_calls(1);
  Connection second = begin_load();
  await_calls(2);
  first.reset();
  await_calls(1);

  gate.open();

  EXPECT_EQ(read_answer(second.receive()).error, "");
}

TEST_F(Sharing, TheLastOneToLeaveStopsIt) {
  start_host();
  const Gate gate;
  serve_held(kUuid, docker_archive(ImageParts("all leave")), gate);
  {
    const Connection one = begin_load();
    const Connection two = begin_load();
    await_calls(2);
    ASSERT_TRUE(service_.wait_for_requests(1));
  }

  expect_nothing_left();
  expect_next_load_works();
}

TEST_F(Sharing, BeyondTheLimitLoadsWaitTheirTurn) {
  start_host(R"("limits":{"loads":1})");
  const Gate gate;
  serve_held(kUuid, docker_archive(ImageParts("first")), gate);
  service_.serve(kOtherUuid, docker_archive(ImageParts("second")));
  Connection first = begin_load(kUuid);
  ASSERT_TRUE(service_.wait_for_requests(1));
  Connection second = begin_load(kOtherUuid);
  await_calls(2);
  EXPECT_EQ(service_.downloads(kOtherUuid), 0U);
  EXPECT_TRUE(second.is_quiet());

  gate.open();

  EXPECT_EQ(read_answer(first.receive()).error, "");
  EXPECT_EQ(read_answer(second.receive()).error, "");
}

TEST_F(Sharing, WithinTheLimitLoadsRunSideBySide) {
  start_host(R"("limits":{"loads":2})");
  const Gate gate;
  serve_held(kUuid, docker_archive(ImageParts("held")), gate);
  service_.serve(kOtherUuid, docker_archive(ImageParts("passes")));
  Connection held = begin_load(kUuid);
  ASSERT_TRUE(service_.wait_for_requests(1));

  EXPECT_EQ(load(kOtherUuid).error, "");

  EXPECT_TRUE(held.is_quiet());
  gate.open();
  EXPECT_EQ(read_answer(held.receive()).error, "");
}

TEST_F(Sharing, WhoLeavesTheQueueIsNotLoaded) {
  start_host(R"("limits":{"loads":1})");
  const Gate gate;
  serve_held(kUuid, docker_archive(ImageParts("holds the turn")), gate);
  service_.serve(kOtherUuid, docker_archive(ImageParts("is not wanted any more")));
  Connection first = begin_load(kUuid);
  ASSERT_TRUE(service_.wait_for_requests(1));
  {
    const Connection leaves = begin_load(kOtherUuid);
    await_calls(2);
  }
  await_calls(1);

  gate.open();

  EXPECT_EQ(read_answer(first.receive()).error, "");
  EXPECT_EQ(service_.downloads(kOtherUuid), 0U);
}

TEST_F(Sharing, ManyLoadsOfManyIdsNeverHaveMoreThreadsThanTheLimit) {
  start_host();
  const std::size_t idle = thread_count(host().process().pid());
  std::list<Connection> callers;
  for (int i = 0; i < 12; ++i) {
    const std::string id = "6d6f636b-0000-4000-8000-0000000000" + std::to_string(10 + i);
    service_.serve(id, docker_archive(ImageParts("crowd " + std::to_string(i))));
    callers.push_back(begin_load(id));
  }
  std::size_t most = 0;
  for (Connection &caller : callers) {
    most = std::max(most, thread_count(host().process().pid()));
    EXPECT_EQ(read_answer(caller.receive()).error, "");
  }

  EXPECT_LE(most, idle + 2);
}

} // namespace
} // namespace wire
