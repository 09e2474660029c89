// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <double/engine_double.hpp>
#include <engine/client.hpp>
#include <no_log.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <utility>

namespace mdocker::test {

namespace asio = boost::asio;
using engine::Answer;
using std::chrono::steady_clock;
using namespace std::chrono_literals;

// What an exchange came to: an answer or an error.
struct Came {
  std::optional<Answer> answer;
  std::optional<Error> error;
  unsigned times = 0; ///< How often the request came to an end.
};

// A client with a loop that each request runs to its end.
class ClientTest : public testing::Test {
protected:
  // What a client has under way ends with it, on the loop.
  void TearDown() override {
    client_.reset();
    io_.restart();
    io_.poll();
  }

  void use(const EngineDouble &engine, const std::string &more = "") {
    settings_ = Settings::parse(R"({"endpoint":")" + engine.endpoint() + R"(")" + more + "}");
    client_.emplace(io_.get_executor(), settings_, log_);
  }

  Came run(asio::awaitable<Answer> request) {
    Came came;
    io_.restart();
    asio::co_spawn(
        io_, std::move(request),
        asio::bind_cancellation_slot(signal_.slot(),
                                     [&](const std::exception_ptr &thrown, engine::Answer answer) {
                                       keep(came, thrown, std::move(answer));
                                       io_.stop(); // timers of kept connections may still be armed
                                     }));
    io_.run_for(20s);
    EXPECT_EQ(came.times, 1U) << "one request, one result";
    return came;
  }

  static void keep(Came &came, const std::exception_ptr &thrown, Answer answer) {
    ++came.times;
    if (!thrown) {
      came.answer = std::move(answer);
      return;
    }
    try {
      std::rethrow_exception(thrown);
    } catch (const Error &error) {
      came.error = error;
    } catch (const boost::system::system_error &error) { // cancelled where nothing was under way
      came.error = Error(Kind::cancelled, error.what());
    }
  }

  static steady_clock::time_point in(std::chrono::milliseconds time) {
    return steady_clock::now() + time;
  }

  NoLog log_;
  Settings settings_;
  asio::io_context io_{1};
  asio::cancellation_signal signal_;
  std::optional<engine::Client> client_;
};

} // namespace mdocker::test
