// SPDX-License-Identifier: Apache-2.0
//
// The client of the database against a server that plays a part.
#include "network/ovsdb.hpp"

#include "rows.hpp"

#include <no_log.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <cstdlib>
#include <filesystem>
#include <gmock/gmock.h>

namespace mdocker::network::ovsdb {
namespace {

using namespace std::chrono_literals;
using Local = asio::local::stream_protocol;
using testing::HasSubstr;

// "ID" in a reply stands for the request's id.
std::string with_id(std::string reply, std::string_view id) {
  for (auto at = reply.find("ID"); at != std::string::npos; at = reply.find("ID"))
    reply.replace(at, 2, id);
  return reply;
}

class Database : public testing::Test {
protected:
  // By method: what is sent back; empty: nothing.
  std::map<std::string, std::string> replies{
      {"monitor", R"({"id":ID,"error":null,"result":)" + std::string(test::kRows) + "}"},
      {"echo", R"({"id":ID,"error":null,"result":[]})"},
      {"transact", R"({"id":ID,"error":null,"result":[{"count":1}]})"}};
  std::vector<std::string> seen; ///< Methods; "reply" for an answer to the server's echo.

  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "mdu-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    client_.emplace(io_.get_executor(), path(), log_);
  }
  void TearDown() override {
    client_.reset();
    stop_server();
    io_.restart();
    io_.run_for(5s);
    std::filesystem::remove_all(folder_);
  }

  void serve() {
    std::filesystem::remove(path());
    acceptor_ = std::make_shared<Local::acceptor>(io_, Local::endpoint(path()));
    asio::co_spawn(io_, accept(acceptor_), asio::detached);
  }
  void stop_server() {
    if (acceptor_)
      acceptor_->close();
    acceptor_.reset();
    hang_up();
  }
  void hang_up() {
    boost::system::error_code ignored;
    for (const auto &peer : peers_)
      peer->close(ignored);
    peers_.clear();
  }
  void say(const std::string &text) {
    for (const auto &peer : peers_)
      asio::write(*peer, asio::buffer(text));
  }

  // Runs a coroutine to its end; its error, or nothing.
  template <class Work> std::optional<Error> run(Work work, Deadline *deadline = nullptr) {
    static_cast<void>(deadline);
    std::optional<Error> failure;
    auto ended = [&](const std::exception_ptr &thrown) {
      try {
        if (thrown)
          std::rethrow_exception(thrown);
      } catch (const Error &error) {
        failure = error;
      } catch (const std::exception &error) {
        failure = Error(Kind::internal, error.what());
      }
      io_.stop();
    };
    asio::co_spawn(io_, work(), asio::bind_cancellation_slot(signal_.slot(), ended));
    io_.restart();
    io_.run_for(20s);
    return failure;
  }
  std::optional<Error> ready() {
    return run([this]() -> asio::awaitable<void> { co_await client_->ready(in(10s)); });
  }
  std::optional<Error> transact(Results *results = nullptr, std::chrono::milliseconds time = 10s) {
    return run([this, results, time]() -> asio::awaitable<void> {
      Results got = co_await client_->transact(R"({"op":"comment","comment":""})", in(time));
      if (results != nullptr)
        *results = std::move(got);
    });
  }
  static Deadline in(std::chrono::milliseconds time) {
    return std::chrono::steady_clock::now() + time;
  }
  [[nodiscard]] std::string path() const { return (folder_ / "db.sock").string(); }

  asio::io_context io_{1};
  asio::cancellation_signal signal_;
  std::optional<Client> client_;

private:
  asio::awaitable<void> accept(std::shared_ptr<Local::acceptor> acceptor) {
    for (;;) {
      auto peer = std::make_shared<Local::socket>(io_);
      const auto [error] =
          co_await acceptor->async_accept(*peer, asio::as_tuple(asio::use_awaitable));
      if (error)
        co_return;
      peers_.push_back(peer);
      asio::co_spawn(io_, speak(peer), asio::detached);
    }
  }
  asio::awaitable<void> speak(std::shared_ptr<Local::socket> peer) {
    Framer framer;
    std::array<char, 4096> bytes;
    for (;;) {
      const auto [error, count] =
          co_await peer->async_read_some(asio::buffer(bytes), asio::as_tuple(asio::use_awaitable));
      if (error)
        co_return;
      framer.add({bytes.data(), count});
      while (const std::optional<std::string> text = framer.next())
        answer(*peer, json::members(*text));
    }
  }
  void answer(Local::socket &peer, const json::Members &members) {
    const json::Value *method = json::find(members, "method");
    seen.push_back(method == nullptr ? "reply" : json::text(*method));
    const std::string reply = with_id(replies[seen.back()], json::find(members, "id")->raw);
    boost::system::error_code ignored;
    if (!reply.empty())
      asio::write(peer, asio::buffer(reply), ignored);
  }

  mdocker::test::NoLog log_;
  std::filesystem::path folder_;
  std::shared_ptr<Local::acceptor> acceptor_;
  std::vector<std::shared_ptr<Local::socket>> peers_;
};

TEST_F(Database, IsReadyWithItsRows) {
  serve();
  EXPECT_FALSE(ready());
  EXPECT_NE(client_->rows().bridge_named("br0"), nullptr);
}

TEST_F(Database, ThatIsNotThereIsUnavailableAfterAWhile) {
  const auto begin = std::chrono::steady_clock::now();
  const auto error = ready();
  ASSERT_TRUE(error);
  EXPECT_EQ(error->kind(), Kind::unavailable);
  EXPECT_THAT(error->what(), HasSubstr(path()));
  EXPECT_THAT(error->what(), HasSubstr("No such file"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 4s);
}

TEST_F(Database, IsConnectedToAgainWithBackoffWhileSomebodyWaits) {
  asio::steady_timer later(io_, 300ms);
  later.async_wait([this](const boost::system::error_code &) { serve(); });
  EXPECT_FALSE(ready());
}

TEST_F(Database, ThatHangsUpIsConnectedToAgain) {
  serve();
  EXPECT_FALSE(ready());
  hang_up();
  EXPECT_FALSE(ready());
  EXPECT_FALSE(transact());
}

TEST_F(Database, GetsItsEchoesAnswered) {
  serve();
  EXPECT_FALSE(ready());
  say(R"({"method":"echo","params":[],"id":"echo"})");
  EXPECT_FALSE(ready());
  EXPECT_THAT(seen, testing::Contains("reply"));
}

TEST_F(Database, ShowsItsUpdatesBeforeItsReplies) {
  serve();
  EXPECT_FALSE(ready());
  replies["transact"] = R"({"method":"update","id":null,"params":[null,)"
                        R"({"Bridge":{"b0":{"old":{}}}}]})" +
                        replies["transact"];
  Results results;
  EXPECT_FALSE(transact(&results));
  EXPECT_EQ(results.operations.at(0).count, 1);
  EXPECT_EQ(client_->rows().bridge_named("br0"), nullptr);
}

TEST_F(Database, ThatIsSilentIsGivenUpAtTheDeadlineAndItsLateReplyIsIgnored) {
  serve();
  EXPECT_FALSE(ready());
  replies["transact"].clear();
  const auto error = transact(nullptr, 100ms);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->kind(), Kind::timeout);
  say(R"({"id":3,"error":null,"result":[]})"); // after the monitor and an echo
  EXPECT_FALSE(ready());
  EXPECT_EQ(std::count(seen.begin(), seen.end(), "monitor"), 1); // the connection was kept
}

TEST_F(Database, IsLeftByACallThatIsCancelled) {
  serve();
  EXPECT_FALSE(ready());
  replies["transact"].clear();
  asio::steady_timer later(io_, 50ms);
  later.async_wait([this](const boost::system::error_code &) {
    signal_.emit(asio::cancellation_type::terminal);
  });
  const auto error = transact();
  ASSERT_TRUE(error);
  EXPECT_EQ(error->kind(), Kind::cancelled);
  EXPECT_FALSE(ready());
}

TEST_F(Database, ThatEndsInTheMiddleOfARequestIsUnavailable) {
  serve();
  EXPECT_FALSE(ready());
  replies["transact"].clear();
  asio::steady_timer later(io_, 50ms);
  later.async_wait([this](const boost::system::error_code &) { stop_server(); });
  const auto error = transact();
  ASSERT_TRUE(error);
  EXPECT_EQ(error->kind(), Kind::unavailable);
}

struct Hostile {
  const char *name;
  const char *method;
  std::string reply;
  const char *says;
};

class HostileDatabase : public Database, public testing::WithParamInterface<Hostile> {};

TEST_P(HostileDatabase, IsAClearError) {
  replies[GetParam().method] = GetParam().reply;
  serve();
  auto error = ready();
  if (!error)
    error = transact();
  ASSERT_TRUE(error);
  EXPECT_EQ(error->kind(), Kind::network) << error->what();
  EXPECT_THAT(error->what(), HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    Answers, HostileDatabase,
    testing::Values(
        Hostile{"NoJson", "monitor", "HTTP/1.1 400 Bad Request", "expected an object"},
        Hostile{"Deep", "monitor", R"({"id":)" + std::string(100'000, '['), "too deeply"},
        Hostile{"WrongType", "monitor", R"({"id":ID,"error":null,"result":7})", "table updates"},
        Hostile{"EmptyDatabase", "monitor", R"({"id":ID,"error":null,"result":{}})",
                "Open_vSwitch is empty"},
        Hostile{"Refused", "monitor", R"({"id":ID,"error":"unknown database","result":null})",
                "unknown database"},
        Hostile{"StrangeId", "monitor", R"({"id":4711,"error":null,"result":{}})",
                "never sent: 4711"},
        Hostile{"IdOfText", "monitor", R"({"id":"x","error":null,"result":{}})", "id of a request"},
        Hostile{"BadResult", "transact", R"({"id":ID,"error":null,"result":{"count":1}})",
                "results of a transaction"},
        Hostile{"RefusedTransaction", "transact",
                R"({"id":ID,"error":{"error":"syntax error"},"result":null})", "syntax error"}),
    [](const auto &param_info) { return param_info.param.name; });

} // namespace
} // namespace mdocker::network::ovsdb
