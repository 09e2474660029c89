// SPDX-License-Identifier: Apache-2.0
#include "client_fixture.hpp"

#include <boost/asio/post.hpp>

#include <atomic>
#include <thread>

namespace mdocker::test {
namespace {

TEST_F(ClientTest, PutsTheNegotiatedVersionIntoThePath) {
  EngineDouble engine([](const Request &) { return answer(200, "{}"); });
  use(engine);

  const Came came = run(client_->get("/info", in(5s)));

  ASSERT_TRUE(came.answer);
  EXPECT_EQ(came.answer->status, 200U);
  EXPECT_EQ(came.answer->body, "{}");
  EXPECT_EQ(engine.sent_lines(), std::vector<std::string>{"GET /v1.41/info"});
}

TEST_F(ClientTest, ReadsShareOneConnection) {
  EngineDouble engine([](const Request &) { return answer(200, "{}"); });
  use(engine);

  for (int i = 0; i < 10; ++i)
    ASSERT_TRUE(run(client_->get("/info", in(5s))).answer);

  EXPECT_EQ(engine.connection_count(), 1U);
}

TEST_F(ClientTest, AChangeWhoseAnswerNeverCameIsSentOnceAndItsOutcomeUnknown) {
  EngineDouble engine([](const Request &request) {
    return request.method == "POST" ? Reply().close() : answer(200, "{}");
  });
  use(engine);
  ASSERT_TRUE(run(client_->get("/info", in(5s))).answer); // a kept connection is there

  const Came came = run(client_->post("/containers/create", "{}", in(5s)));

  ASSERT_TRUE(came.error);
  EXPECT_EQ(came.error->kind(), Kind::unknown_outcome) << came.error->what();
  EXPECT_EQ(engine.sent_lines(),
            (std::vector<std::string>{"GET /v1.41/info", "POST /v1.41/containers/create"}));
}

TEST_F(ClientTest, AReadIsSentAgainWhereAKeptConnectionDies) {
  std::atomic<int> count{0};
  EngineDouble engine(
      [&](const Request &) { return ++count == 2 ? Reply().close() : answer(200, "{}"); });
  use(engine);
  ASSERT_TRUE(run(client_->get("/info", in(5s))).answer);

  const Came came = run(client_->get("/info", in(5s)));

  ASSERT_TRUE(came.answer) << came.error->what();
  EXPECT_EQ(count, 3);
}

TEST_F(ClientTest, NegotiatesAgainWhenAnotherEngineAnswers) {
  EngineDouble *self = nullptr;
  EngineDouble engine([&](const Request &) { return answer(200, "{}", self->api_version()); });
  self = &engine;
  use(engine);
  ASSERT_TRUE(run(client_->get("/info", in(5s))).answer);

  engine.set_api_version("1.45");
  ASSERT_TRUE(run(client_->get("/info", in(5s))).answer); // its header tells
  ASSERT_TRUE(run(client_->get("/info", in(5s))).answer);

  EXPECT_EQ(engine.sent_lines(),
            (std::vector<std::string>{"GET /v1.41/info", "GET /v1.41/info", "GET /v1.45/info"}));
}

TEST_F(ClientTest, SendsAChangeAgainThatWasRefusedForItsVersion) {
  EngineDouble *self = nullptr;
  EngineDouble engine([&](const Request &request) {
    if (request.sent_line() == "POST /v1.41/containers/g1/start" && self->api_version() != "1.41")
      return version_too_old("1.41", "1.44", self->api_version());
    return answer(204, "", self->api_version());
  });
  self = &engine;
  use(engine);
  ASSERT_TRUE(run(client_->get("/info", in(5s))).answer);
  engine.set_api_version("1.52");

  const Came came = run(client_->post("/containers/g1/start", std::nullopt, in(5s)));

  ASSERT_TRUE(came.answer);
  EXPECT_EQ(came.answer->status, 204U);
  EXPECT_EQ(engine.sent_lines().back(), "POST /v1.52/containers/g1/start");
}

TEST_F(ClientTest, AnEngineThatNeverAnswersIsATimeoutAtTheDeadline) {
  EngineDouble engine([](const Request &) { return Reply().hang(); });
  use(engine);

  const auto begin = steady_clock::now();
  const Came came = run(client_->get("/info", in(200ms)));

  ASSERT_TRUE(came.error);
  EXPECT_EQ(came.error->kind(), Kind::timeout) << came.error->what();
  EXPECT_TRUE(came.error->retryable());
  EXPECT_LT(steady_clock::now() - begin, 5s);
}

TEST_F(ClientTest, AChangeThatIsNotAnsweredInTimeHasAnUnknownOutcome) {
  EngineDouble engine([](const Request &) { return Reply().hang(); });
  use(engine);

  const Came came = run(client_->del("/containers/g1", in(200ms)));

  ASSERT_TRUE(came.error);
  EXPECT_EQ(came.error->kind(), Kind::unknown_outcome) << came.error->what();
  EXPECT_FALSE(came.error->retryable());
}

TEST_F(ClientTest, AnAbsentEngineIsUnavailableAndNamed) {
  {
    EngineDouble engine([](const Request &) { return Reply(); });
    use(engine);
  }

  const Came came = run(client_->get("/info", in(5s)));

  ASSERT_TRUE(came.error);
  EXPECT_EQ(came.error->kind(), Kind::unavailable);
  EXPECT_NE(std::string(came.error->what()).find(settings_.endpoint.name), std::string::npos)
      << came.error->what();
  EXPECT_NE(std::string(came.error->what()).find("No such file"), std::string::npos)
      << came.error->what();
}

TEST_F(ClientTest, ACancelledRequestIsGivenUpAndItsConnectionClosed) {
  EngineDouble engine([](const Request &) { return Reply().hang(); });
  use(engine);
  std::thread canceller([&] {
    EXPECT_TRUE(engine.wait_for_requests(1));
    asio::post(io_, [&] { signal_.emit(asio::cancellation_type::terminal); });
  });

  const Came came = run(client_->get("/info", in(30s)));
  canceller.join();

  ASSERT_TRUE(came.error);
  EXPECT_EQ(came.error->kind(), Kind::cancelled) << came.error->what();
  EXPECT_TRUE(engine.wait_open_at_most(0));
}

struct BadAnswer {
  const char *name;
  Reply reply;
  const char *says;
};

class BadAnswerTest : public ClientTest, public testing::WithParamInterface<BadAnswer> {};

TEST_P(BadAnswerTest, IsOneClearError) {
  EngineDouble engine([](const Request &) { return Reply(GetParam().reply).close(); });
  use(engine, R"(,"limits":{"engine_answer":1000})");

  const Came came = run(client_->get("/info", in(5s)));

  ASSERT_TRUE(came.error);
  EXPECT_NE(std::string(came.error->what()).find(GetParam().says), std::string::npos)
      << came.error->what();
}

INSTANTIATE_TEST_SUITE_P(
    Engine, BadAnswerTest,
    testing::Values(BadAnswer{"Garbage", Reply().send("garbage\r\n\r\n"), "broke off"},
                    BadAnswer{"CutHead", Reply().send("HTTP/1.1 200 OK\r\nContent-"), "broke off"},
                    BadAnswer{"CutBody", wrong_length(200, "{}", 10), "broke off"},
                    BadAnswer{"TooLarge", huge(1001), "limits.engine_answer"},
                    BadAnswer{"TooLargeChunked", chunked(200, {std::string(1024, 'x')}),
                              "limits.engine_answer"}),
    [](const auto &param_info) { return param_info.param.name; });

TEST_F(ClientTest, AnAnswerAtTheLimitIsTaken) {
  EngineDouble engine([](const Request &) { return huge(1000); });
  use(engine, R"(,"limits":{"engine_answer":1000})");

  const Came came = run(client_->get("/info", in(5s)));

  ASSERT_TRUE(came.answer) << came.error->what();
  EXPECT_EQ(came.answer->body.size(), 1000U);
}

TEST_F(ClientTest, RefusesAnEngineOfAnUnknownAge) {
  EngineDouble engine([](const Request &) { return answer(200, "{}"); });
  engine.set_api_version("1.12");
  use(engine);

  const Came came = run(client_->get("/info", in(5s)));

  ASSERT_TRUE(came.error);
  EXPECT_NE(std::string(came.error->what()).find("1.24 to 1.52"), std::string::npos)
      << came.error->what();
  EXPECT_TRUE(engine.requests().empty());
}

TEST_F(ClientTest, CheckTellsOfTheEngineAndOfItsAbsence) {
  std::optional<engine::Client::State> state;
  const auto look = [&] {
    io_.restart();
    asio::co_spawn(io_, client_->check(in(5s)),
                   [&](const std::exception_ptr &thrown, engine::Client::State found) {
                     EXPECT_FALSE(thrown);
                     state = std::move(found);
                     io_.stop();
                   });
    io_.run_for(20s);
  };
  {
    EngineDouble engine([](const Request &) { return Reply(); });
    use(engine);
    look();
    ASSERT_TRUE(state);
    EXPECT_TRUE(state->ready) << state->reason;
    EXPECT_EQ(state->api_version, "1.41");
    EXPECT_EQ(state->engine_version, "double");
  }
  look();
  EXPECT_FALSE(state->ready);
  EXPECT_NE(state->reason.find(settings_.endpoint.name), std::string::npos) << state->reason;
}

} // namespace
} // namespace mdocker::test
