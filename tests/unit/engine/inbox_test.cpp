// SPDX-License-Identifier: Apache-2.0
#include <inbox.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

namespace {

namespace asio = boost::asio;
using mistify::Inbox;

TEST(Inbox, DoesTheWorkOfEachThreadInItsOrderOnTheLoop) {
  constexpr int kThreads = 4;
  constexpr int kEach = 5000;
  asio::io_context io{1};
  Inbox inbox(io);
  const auto loop = std::this_thread::get_id();
  std::vector<int> done(kThreads);
  int all = 0;

  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int thread = 0; thread < kThreads; ++thread)
    threads.emplace_back([&, thread] {
      for (int number = 0; number < kEach; ++number)
        inbox.post([&, thread, number] {
          EXPECT_EQ(std::this_thread::get_id(), loop);
          EXPECT_EQ(done[static_cast<std::size_t>(thread)]++, number);
          if (++all == kThreads * kEach)
            inbox.close();
        });
    });
  io.run();

  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(all, kThreads * kEach);
}

TEST(Inbox, DoesWhatItsWorkPostsAfterThatWork) {
  asio::io_context io{1};
  Inbox inbox(io);
  std::vector<int> done;

  inbox.post([&] {
    inbox.post([&] {
      done.push_back(2);
      inbox.close();
    });
    done.push_back(1);
  });
  io.run();

  EXPECT_EQ(done, (std::vector<int>{1, 2}));
}

TEST(Inbox, KeepsTheLoopRunningUntilItIsClosed) {
  asio::io_context io{1};
  Inbox inbox(io);

  EXPECT_EQ(io.poll(), 0U);
  EXPECT_FALSE(io.stopped());

  asio::post(io, [&] { inbox.close(); });
  io.run();
  EXPECT_TRUE(io.stopped());
}

TEST(Inbox, DestroysTheWorkThatIsLeft) {
  const auto held = std::make_shared<int>();
  bool done = false;
  {
    asio::io_context io{1};
    Inbox inbox(io);
    inbox.close();
    io.run();
    inbox.post([&done, held] { done = true; });
    EXPECT_EQ(held.use_count(), 2);
  }

  EXPECT_EQ(held.use_count(), 1);
  EXPECT_FALSE(done);
}

} // namespace
