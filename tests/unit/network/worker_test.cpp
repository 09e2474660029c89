// SPDX-License-Identifier: Apache-2.0
#include "network/worker.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <gtest/gtest.h>
#include <memory>
#include <stdexcept>

namespace mdocker::network {
namespace {

namespace asio = boost::asio;

TEST(Worker, DoesAJobElsewhereAndComesBack) {
  asio::io_context io;
  Worker worker("test");
  std::thread::id there;
  std::thread::id back;
  auto work = [&]() -> asio::awaitable<void> {
    co_await worker.run([&] { there = std::this_thread::get_id(); });
    back = std::this_thread::get_id();
  };
  asio::co_spawn(io, work(), asio::detached);
  io.run();

  EXPECT_NE(there, std::thread::id());
  EXPECT_NE(there, std::this_thread::get_id());
  EXPECT_EQ(back, std::this_thread::get_id());
}

TEST(Worker, ThrowsWhatTheJobThrows) {
  asio::io_context io;
  Worker worker("test");
  std::string said;
  auto work = [&]() -> asio::awaitable<void> {
    try {
      co_await worker.run([] { throw std::runtime_error("refused"); });
    } catch (const std::runtime_error &error) {
      said = error.what();
    }
  };
  asio::co_spawn(io, work(), asio::detached);
  io.run();

  EXPECT_EQ(said, "refused");
}

TEST(Worker, DoesWhatWasPostedBeforeItEnds) {
  std::atomic<int> done{0};
  auto worker = std::make_unique<Worker>("test");
  for (int i = 0; i < 100; ++i)
    worker->post([&] { ++done; });
  worker.reset();

  EXPECT_EQ(done, 100);
}

} // namespace
} // namespace mdocker::network
