// SPDX-License-Identifier: Apache-2.0
//
// The engine's double: each step of a reply as a client sees it.
#include "raw_client.hpp"

#include <double/model_engine.hpp>

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

namespace mdocker::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

// What a client sees of a reply, up to the end of its connection.
struct Seen {
  std::string bytes;
  std::string end;
};

Seen seen(const Reply &reply, bool tcp = false) {
  const EngineDouble engine([&](const Request &) { return reply; }, {.tcp = tcp});
  RawClient client(engine, tcp);
  client.get("/info");
  std::string bytes = client.receive_all();
  return {std::move(bytes), client.end()};
}

TEST(EngineDoubleSteps, BytesGoOutAsTheyAreAndInTheirOrder) {
  const Seen came = seen(
      Reply().send(std::string("a\0b", 3)).send("c").fill(3, 'x').drip("12345", 2, 1ms).close());

  EXPECT_EQ(came.bytes, std::string("a\0bcxxx12345", 12));
  EXPECT_EQ(came.end, "closed");
}

TEST(EngineDoubleSteps, AResetIsOneOnBothTransports) {
  for (const bool tcp : {false, true}) {
    const Seen came = seen(answer(200, "{}").first(9).reset(), tcp);

    EXPECT_EQ(came.bytes, "HTTP/1.1 ") << tcp;
    EXPECT_EQ(came.end, "reset") << tcp;
  }
}

TEST(EngineDoubleSteps, AnOrderlyCloseIsNoReset) {
  for (const bool tcp : {false, true}) {
    EXPECT_EQ(seen(Reply().send("x").close(), tcp).end, "closed");
    EXPECT_EQ(seen(Reply().send("x").half_close(), tcp).end, "closed");
  }
}

TEST(EngineDoubleSteps, AHalfCloseLeavesTheRestToTheClient) {
  const EngineDouble engine([](const Request &) { return Reply().half_close(); });
  {
    RawClient client(engine);
    client.get("/info");
    EXPECT_EQ(client.receive_all(), "");
    client.get("/info"); // no EPIPE
    EXPECT_EQ(engine.open_connections(), 1U);
  }
  EXPECT_TRUE(engine.wait_closed(1));
  EXPECT_TRUE(engine.connections().front().closed_by_client);
}

TEST(EngineDoubleSteps, AHangLastsUntilTheClientLeaves) {
  const EngineDouble engine([](const Request &) { return Reply().send("x").hang(); });
  {
    RawClient client(engine);
    client.get("/info");
    EXPECT_EQ(client.receive(1), "x");
    EXPECT_TRUE(client.quiet());
  }
  EXPECT_TRUE(engine.wait_closed(1));
}

TEST(EngineDoubleSteps, AGateIsWaitedFor) {
  const Gate gate;
  const EngineDouble engine(
      [&](const Request &) { return Reply().send("before").wait(gate).send("after"); });
  RawClient client(engine);
  client.get("/info");
  EXPECT_EQ(client.receive(6), "before");
  EXPECT_TRUE(client.quiet());

  gate.open();

  EXPECT_EQ(client.receive(5), "after");
}

TEST(EngineDoubleSteps, ATimeIsWaitedFor) {
  const auto begin = std::chrono::steady_clock::now();

  const Seen came = seen(Reply().wait(50ms).drip("abc", 1, 50ms).close());

  EXPECT_EQ(came.bytes, "abc");
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 150ms);
}

TEST(EngineDoubleSteps, AReplyMayGoOnWithAnother) {
  const Seen came =
      seen(Reply().send("a").then([] { return Reply().send("b"); }).send("c").close());

  EXPECT_EQ(came.bytes, "abc");
}

TEST(EngineDoubleSteps, AHugeAnswerIsMadeWhileItIsSent) {
  constexpr std::uint64_t kSize = 50'000'000;
  const EngineDouble engine([](const Request &) { return huge(kSize); });
  RawClient client(engine);
  client.get("/info");
  const std::size_t expected = head(200, kSize).size() + kSize;

  std::size_t got = 0;
  while (got < expected)
    got += client.receive(1).size();

  EXPECT_EQ(got, expected);
}

TEST(EngineDoubleHelpers, SayWhatTheyPromise) {
  EXPECT_THAT(seen(answer(200, "{}", "1.44").close()).bytes,
              testing::AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("\r\nApi-Version: 1.44\r\n"),
                             testing::EndsWith("\r\nContent-Length: 2\r\n\r\n{}")));
  EXPECT_THAT(seen(answer(304).close()).bytes, testing::Not(HasSubstr("Content-Length")));
  EXPECT_THAT(seen(wrong_length(200, "{}", 7).close()).bytes,
              testing::EndsWith("Content-Length: 7\r\n\r\n{}"));
  EXPECT_THAT(seen(refusal(404, "no \"x\"").close()).bytes,
              testing::EndsWith(R"({"message":"no \"x\""})"));
  EXPECT_THAT(seen(version_too_new("1.52", "1.41").close()).bytes,
              HasSubstr("client version 1.52 is too new"));
  EXPECT_THAT(seen(version_too_old("1.24", "1.44", "1.52").close()).bytes,
              HasSubstr("client version 1.24 is too old"));
  EXPECT_THAT(seen(chunked(200, {"{}", std::string(17, 'x')}).close()).bytes,
              testing::EndsWith("\r\n\r\n2\r\n{}\r\n11\r\nxxxxxxxxxxxxxxxxx\r\n0\r\n\r\n"));
  EXPECT_THAT(seen(error_in_stream({"{}\r\n"}, "disk full").close()).bytes,
              HasSubstr(R"({"errorDetail":{"message":"disk full"},"error":"disk full"})"));
  EXPECT_THAT(seen(cut_chunk(200, "0123456789", 4).close()).bytes,
              testing::EndsWith("\r\n\r\na\r\n0123"));
  EXPECT_THAT(seen(garbage().close()).bytes, testing::Not(StartsWith("HTTP")));
}

TEST(EngineDouble, ReadsRequestsWholeAndKeepsThemInOrder) {
  const EngineDouble engine([](const Request &request) { return answer(200, request.body); });
  RawClient client(engine);
  client.send("POST /v1.41/containers/create?name=g%201&x HTTP/1.1\r\nHost: e\r\nX-Y:  z \r\n"
              "Content-Length: 5\r\n\r\nhel");
  client.send("lo");
  EXPECT_THAT(client.receive(http(200, "hello").size()), testing::EndsWith("hello"));
  client.send("POST /load HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\n");
  client.send("de\r\n0\r\n\r\nGET /next HTTP/1.1\r\n\r\n");
  EXPECT_THAT(client.receive(http(200, "abcde").size() + http(200, "").size()),
              HasSubstr("\r\n\r\nabcde"));

  const std::vector<Request> requests = engine.requests();
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_EQ(requests[0].version, "1.41");
  EXPECT_EQ(requests[0].line(), "POST /containers/create?name=g%201&x");
  EXPECT_EQ(requests[0].path(), "/containers/create");
  EXPECT_EQ(requests[0].parameter("name"), "g%201");
  EXPECT_EQ(requests[0].parameter("x"), "");
  EXPECT_EQ(requests[0].parameter("y"), std::nullopt);
  EXPECT_EQ(requests[0].header("x-y"), "z");
  EXPECT_EQ(requests[1].body, "abcde");
  EXPECT_LE(requests[1].time, requests[2].time);
  EXPECT_THAT(engine.sent_lines(),
              ElementsAre("POST /v1.41/containers/create?name=g%201&x", "POST /load", "GET /next"));
}

TEST(EngineDouble, TellsASenderThatWaitsForAWordToGoOn) {
  const EngineDouble engine([](const Request &request) { return answer(200, request.body); });
  RawClient client(engine);
  client.send("POST /x HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_THAT(client.receive(25), StartsWith("HTTP/1.1 100 "));

  client.send("ab");

  EXPECT_THAT(client.receive(http(200, "ab").size()), testing::EndsWith("\r\n\r\nab"));
}

TEST(EngineDouble, WhatIsNoRequestIsRefused) {
  const EngineDouble engine([](const Request &) { return answer(200, "{}"); });
  RawClient client(engine);
  client.send("hello\r\n\r\n");

  EXPECT_THAT(client.receive_all(), StartsWith("HTTP/1.1 400 "));
  EXPECT_EQ(client.end(), "closed");
}

TEST(EngineDouble, AScriptThatFailsIsAnsweredWithItsError) {
  const EngineDouble engine([](const Request &) -> Reply { throw std::runtime_error("oops"); });
  RawClient client(engine);
  client.get("/info");

  EXPECT_THAT(client.receive(1), HasSubstr("the test's script: oops"));
}

TEST(EngineDouble, AnswersPingsAsAnEngineOfItsVersion) {
  EngineDouble engine([](const Request &) { return Reply().close(); });
  engine.set_api_version("1.44");
  RawClient client(engine);

  client.send("HEAD /_ping HTTP/1.1\r\n\r\n");
  EXPECT_EQ(client.receive(1), head(200, 0, "1.44"));
  client.get("/_ping");
  EXPECT_EQ(client.receive(1), http(200, "OK", "1.44"));
  client.get("/version");
  EXPECT_THAT(client.receive(1), HasSubstr(R"("ApiVersion":"1.44","MinAPIVersion":"1.12")"));

  EXPECT_TRUE(engine.requests().empty());
  EXPECT_EQ(engine.all_requests().size(), 3U);
}

TEST(EngineDouble, AScriptMayPlayThePingsToo) {
  EngineDouble engine([](const Request &) { return Reply().close(); });
  engine.set_ping_script([](const Request &request) -> std::optional<Reply> {
    if (request.method == "HEAD")
      return refusal(404, "page not found");
    return std::nullopt;
  });
  RawClient client(engine);

  client.send("HEAD /_ping HTTP/1.1\r\n\r\n");
  EXPECT_THAT(client.receive(1), StartsWith("HTTP/1.1 404 "));
  client.get("/_ping");
  EXPECT_THAT(client.receive(1), StartsWith("HTTP/1.1 200 "));
}

TEST(EngineDouble, ASilentEngineAnswersWhenItIsBack) {
  EngineDouble engine([](const Request &) { return answer(200, "{}"); });
  engine.set_mood(EngineDouble::Mood::silent);
  RawClient asking(engine);
  RawClient pinging(engine);
  asking.get("/info");
  pinging.get("/_ping");
  ASSERT_TRUE(engine.wait_for_requests(1));
  EXPECT_TRUE(asking.quiet());
  EXPECT_TRUE(pinging.quiet());

  engine.set_mood(EngineDouble::Mood::answers);

  EXPECT_EQ(asking.receive(1), http(200, "{}"));
  EXPECT_EQ(pinging.receive(1), http(200, "OK"));
}

TEST(EngineDouble, ItsPingsAloneMayBeSilentOrRefused) {
  EngineDouble engine([](const Request &) { return answer(200, "{}"); });
  engine.set_ping_mood(EngineDouble::Mood::closes);
  RawClient refused(engine);
  refused.get("/_ping");
  EXPECT_EQ(refused.receive_all(), "");
  engine.set_ping_mood(EngineDouble::Mood::silent);
  RawClient client(engine);
  client.get("/info");
  EXPECT_EQ(client.receive(1), http(200, "{}"));
  client.get("/_ping");
  EXPECT_TRUE(client.quiet());
}

TEST(EngineDouble, MayCloseEachConnectionAsSoonAsItIsTaken) {
  EngineDouble engine([](const Request &) { return answer(200, "{}"); });
  engine.set_mood(EngineDouble::Mood::leaves);
  RawClient client(engine);

  EXPECT_EQ(client.receive_all(), "");
  EXPECT_EQ(engine.open_connections(), 0U);
}

TEST(EngineDouble, AWaitThatIsInVainEnds) {
  const EngineDouble engine([](const Request &) { return Reply(); });
  const RawClient client(engine);

  EXPECT_FALSE(engine.wait_for_requests(1, 10ms));
  EXPECT_FALSE(engine.wait_closed(1, 10ms));
}

std::size_t threads_of_this_process() {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator("/proc/self/task"),
                    std::filesystem::directory_iterator()));
}

TEST(EngineDouble, ServesThousandsOfConnectionsOnOneThread) {
  constexpr std::size_t kClients = 3000;
  std::thread([] {}).join(); // a sanitizer starts a thread of its own with the first
  const std::size_t threads = threads_of_this_process();
  const Gate gate;
  const EngineDouble engine([&](const Request &) { return Reply().wait(gate).send("done"); });
  std::vector<RawClient> clients;
  for (std::size_t i = 0; i < kClients; ++i) {
    clients.emplace_back(engine);
    clients.back().get("/info");
  }
  ASSERT_TRUE(engine.wait_for_requests(kClients));
  EXPECT_EQ(threads_of_this_process(), threads + 1);
  EXPECT_EQ(engine.most_open_connections(), kClients);

  gate.open();

  for (RawClient &client : clients)
    ASSERT_EQ(client.receive(4), "done");
  clients.clear();
  EXPECT_TRUE(engine.wait_open_at_most(0));
}

} // namespace
} // namespace mdocker::test
