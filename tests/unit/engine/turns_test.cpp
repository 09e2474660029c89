// SPDX-License-Identifier: Apache-2.0
#include <error.hpp>
#include <runtime/turns.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace mdocker::runtime {
namespace {

using namespace std::chrono_literals;

// Holds its turn for two rounds of the loop, and says when it has it and when it gives it on.
asio::awaitable<void> hold(Turns &turns, std::string key, int number, std::vector<int> &said) {
  const Turns::Turn turn = co_await turns.take(std::move(key));
  said.push_back(number);
  co_await asio::post(asio::use_awaitable);
  co_await asio::post(asio::use_awaitable);
  said.push_back(-number);
}

TEST(Turns, OfOneKeyGoInOrderOfArrival) {
  asio::io_context io;
  Turns turns;
  std::vector<int> said;
  for (int i = 1; i <= 4; ++i)
    asio::co_spawn(io, hold(turns, "g1", i, said), asio::detached);

  io.run();

  EXPECT_EQ(said, (std::vector<int>{1, -1, 2, -2, 3, -3, 4, -4}));
  EXPECT_EQ(turns.keys(), 0U);
}

TEST(Turns, OfDifferentKeysDoNotWaitForEachOther) {
  asio::io_context io;
  Turns turns;
  std::vector<int> said;
  asio::co_spawn(io, hold(turns, "g1", 1, said), asio::detached);
  asio::co_spawn(io, hold(turns, "g2", 2, said), asio::detached);

  io.run();

  EXPECT_EQ(said, (std::vector<int>{1, 2, -1, -2}));
}

TEST(Turns, AreAsManyAtOnceAsTheirWidth) {
  asio::io_context io;
  Turns turns(2);
  std::vector<int> said;
  for (int i = 1; i <= 3; ++i)
    asio::co_spawn(io, hold(turns, "", i, said), asio::detached);

  io.run();

  EXPECT_EQ(said, (std::vector<int>{1, 2, -1, -2, 3, -3}));
}

asio::awaitable<void> take_into(Turns &turns, std::optional<Turns::Turn> &held) {
  held.emplace(co_await turns.take("g1"));
}

asio::awaitable<void> take_and_drop(Turns &turns, Turns::Deadline deadline) {
  const Turns::Turn turn = co_await turns.take("g1", deadline);
}

TEST(Turns, ThatDoNotComeInTimeAreGivenUp) {
  asio::io_context io;
  Turns turns;
  std::optional<Turns::Turn> held;
  std::optional<Kind> kind;
  asio::co_spawn(io, take_into(turns, held), asio::detached);
  io.run();
  io.restart();

  asio::co_spawn(io, take_and_drop(turns, std::chrono::steady_clock::now() + 10ms),
                 [&](const std::exception_ptr &thrown) {
                   try {
                     std::rethrow_exception(thrown);
                   } catch (const Error &error) {
                     kind = error.kind();
                   }
                 });
  io.run();

  EXPECT_EQ(kind, Kind::timeout);
  held.reset();
  EXPECT_EQ(turns.keys(), 0U);
}

TEST(Turns, AWaiterThatIsCancelledLeavesTheQueue) {
  asio::io_context io;
  Turns turns;
  std::vector<int> said;
  asio::cancellation_signal signal;
  std::optional<Kind> kind;
  asio::co_spawn(io, hold(turns, "g1", 1, said), asio::detached);
  asio::co_spawn(io, take_and_drop(turns, Turns::Deadline::max()),
                 asio::bind_cancellation_slot(signal.slot(), [&](const std::exception_ptr &thrown) {
                   try {
                     std::rethrow_exception(thrown);
                   } catch (const Error &error) {
                     kind = error.kind();
                   }
                 }));
  asio::co_spawn(io, hold(turns, "g1", 3, said), asio::detached);
  asio::post(io, [&] { signal.emit(asio::cancellation_type::terminal); });

  io.run();

  EXPECT_EQ(kind, Kind::cancelled);
  EXPECT_EQ(said, (std::vector<int>{1, -1, 3, -3}));
  EXPECT_EQ(turns.keys(), 0U);
}

// Holds its turn as hold() does, in the place of an arrival that was noted before.
asio::awaitable<void> hold_as(Turns &turns, Turns::Arrival arrival, int number,
                              std::vector<int> &said) {
  const Turns::Turn turn = co_await turns.take("g1", Turns::Deadline::max(), arrival);
  said.push_back(number);
  co_await asio::post(asio::use_awaitable);
}

TEST(Turns, AreGivenByArrivalAlsoToWhoQueuesLater) {
  asio::io_context io;
  Turns turns;
  std::vector<int> said;
  const Turns::Arrival early = turns.arrive();
  asio::co_spawn(io, hold(turns, "g1", 1, said), asio::detached);
  asio::co_spawn(io, hold(turns, "g1", 2, said), asio::detached);
  io.run_one();
  io.run_one(); // both have come

  asio::co_spawn(io, hold_as(turns, early, 3, said), asio::detached);
  io.run();

  EXPECT_EQ(said, (std::vector<int>{1, -1, 3, 2, -2}));
}

TEST(Turns, WaitersCanBeSentAwayWithAReason) {
  asio::io_context io;
  Turns turns;
  std::optional<Turns::Turn> held;
  std::string reason;
  asio::co_spawn(io, take_into(turns, held), asio::detached);
  asio::co_spawn(io, take_and_drop(turns, Turns::Deadline::max()),
                 [&](const std::exception_ptr &thrown) {
                   try {
                     std::rethrow_exception(thrown);
                   } catch (const Error &error) {
                     reason = error.what();
                   }
                 });
  io.poll();

  turns.send_away("g1", Error(Kind::unavailable, "closed for today"));
  turns.send_away("nobody", Error(Kind::unavailable, "waits for it"));
  io.run();

  EXPECT_EQ(reason, "closed for today");
  held.reset();
  EXPECT_EQ(turns.keys(), 0U);
}

} // namespace
} // namespace mdocker::runtime
