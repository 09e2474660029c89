// SPDX-License-Identifier: Apache-2.0
#include <image/pipe.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

namespace mdocker::image {
namespace {

constexpr std::size_t kHeld = Outflow::kHeldBack;
constexpr std::size_t kCapacity = 4 * kHeld;

std::exception_ptr because(const char *why) {
  return std::make_exception_ptr(std::runtime_error(why));
}

/// The text of what is thrown; empty where nothing is.
template <class Action> std::string thrown_by(Action action) {
  try {
    action();
  } catch (const std::runtime_error &error) {
    return error.what();
  }
  return {};
}

/// Bytes of which each block of a prime length says where it stands.
std::string pattern(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i)
    bytes[i] = static_cast<char>('a' + (i / 251 + i) % 26);
  return bytes;
}

/// All that there is at the moment.
std::string drain(Outflow &out, std::size_t at_a_time = 1'000) {
  std::string all;
  std::string room(at_a_time, '\0');
  while (const std::size_t count = out.take(room))
    all.append(room, 0, count);
  return all;
}

class Outwards : public testing::Test {
protected:
  std::atomic<unsigned> wakes_ = 0;
  Outflow out_{kCapacity, [this] { ++wakes_; }};
};

TEST_F(Outwards, ShowsNothingOfItsEndBeforeItIsClosed) {
  const std::string all = pattern(kHeld + 5'000);
  out_.write(all);

  EXPECT_EQ(drain(out_), all.substr(0, 5'000));
  EXPECT_FALSE(out_.ready());
  EXPECT_FALSE(out_.ended());
  out_.close();

  EXPECT_TRUE(out_.ready());
  EXPECT_EQ(drain(out_), all.substr(5'000));
  EXPECT_TRUE(out_.ended());
}

TEST_F(Outwards, HoldsBackTheLastBytesOfManyWrites) {
  const std::string all = pattern(kHeld + 100);
  std::string seen;
  for (std::size_t i = 0; i < all.size(); i += 10) {
    out_.write(std::string_view(all).substr(i, 10));
    seen += drain(out_);
    ASSERT_LE(seen.size() + std::min(kHeld, i + 10), i + 10);
  }

  EXPECT_EQ(seen, all.substr(0, 100));
}

TEST_F(Outwards, ShowsNothingOfWhatIsShorterThanThatBeforeItIsClosed) {
  out_.write("a whole archive");

  EXPECT_FALSE(out_.ready());
  EXPECT_EQ(drain(out_), "");
  EXPECT_EQ(wakes_, 0U);
  out_.close();

  EXPECT_EQ(wakes_, 1U);
  EXPECT_EQ(drain(out_), "a whole archive");
}

TEST_F(Outwards, KeepsTheOrderAllAroundTheRing) {
  const std::string all = pattern(20 * kCapacity + 13);
  std::thread worker([&] {
    for (std::size_t i = 0; i < all.size(); i += 7'777)
      out_.write(std::string_view(all).substr(i, 7'777));
    out_.close();
  });
  std::string seen;
  while (!out_.ended())
    seen += drain(out_, 4'099);
  worker.join();

  EXPECT_EQ(seen, all);
}

TEST_F(Outwards, StoppedBeforeItIsClosedItNeverShowsItsEnd) {
  out_.write(pattern(kHeld + 5'000));

  EXPECT_TRUE(out_.fail(because("stopped")));

  EXPECT_EQ(thrown_by([&] { out_.close(); }), "stopped");
  EXPECT_EQ(thrown_by([&] { drain(out_); }), "stopped");
  EXPECT_FALSE(out_.closed());
  EXPECT_FALSE(out_.ended());
  EXPECT_TRUE(out_.fail(because("again")));
  EXPECT_EQ(thrown_by([&] { out_.write("x"); }), "stopped") << "the first failure stays";
}

TEST_F(Outwards, ClosedBeforeItIsStoppedItGoesOn) {
  const std::string all = pattern(kHeld + 5'000);
  out_.write(all);
  out_.close();

  EXPECT_FALSE(out_.fail(because("stopped")));

  EXPECT_TRUE(out_.closed());
  EXPECT_EQ(drain(out_), all);
  EXPECT_TRUE(out_.ended());
}

TEST_F(Outwards, AFailureEndsTheWaitForRoom) {
  std::string failed;
  std::thread worker([&] { failed = thrown_by([&] { out_.write(pattern(2 * kCapacity)); }); });

  while (!out_.ready()) // it is under way
    std::this_thread::yield();
  EXPECT_TRUE(out_.fail(because("stopped")));
  worker.join();

  EXPECT_EQ(failed, "stopped");
}

/// Lets two threads go at the same moment, which one that wakes the other does not.
class StartLine {
public:
  void cross() {
    const unsigned round = arrived_++ / 2;
    while (arrived_ / 2 == round)
      std::this_thread::yield();
  }

private:
  std::atomic<unsigned> arrived_ = 0;
};

TEST_F(Outwards, EitherIsStoppedOrClosedWhicheverCameFirst) {
  constexpr int kRounds = 5'000;
  const std::string body = pattern(2 * kHeld);
  const std::string marker(1'024, '\0');
  std::optional<Outflow> out;
  StartLine begin;
  StartLine race;
  StartLine end;
  std::thread worker([&] {
    for (int i = 0; i < kRounds; ++i) {
      begin.cross();
      out->write(body);
      out->write(marker);
      race.cross();
      try {
        out->close();
      } catch (const std::runtime_error &) { // stopped
      }
      end.cross();
    }
  });
  int closed = 0;
  for (int i = 0; i < kRounds; ++i) {
    out.emplace(kCapacity, [] {});
    std::string seen;
    std::array<char, 700> room{};
    begin.cross();
    race.cross();
    for (int before = i % 8; before > 0; --before) // a little earlier or later
      seen.append(room.data(), out->take(room));
    const bool stopped = out->fail(because("stopped"));
    end.cross();

    EXPECT_NE(stopped, out->closed());
    if (stopped) {
      EXPECT_LE(seen.size(), body.size() + marker.size() - kHeld);
      EXPECT_EQ(thrown_by([&] { drain(*out); }), "stopped");
    } else {
      ++closed;
      EXPECT_EQ(seen + drain(*out), body + marker);
    }
  }
  worker.join();

  RecordProperty("closed", closed);
  EXPECT_GT(closed, 0);
  EXPECT_LT(closed, kRounds);
}

class Inwards : public testing::Test {
protected:
  std::atomic<unsigned> wakes_ = 0;
  Inflow in_{1'000, [this] { ++wakes_; }};
};

TEST_F(Inwards, TakesAllOfWhatIsOfferedOrNothing) {
  EXPECT_TRUE(in_.offer(std::string(499, 'a')));
  EXPECT_TRUE(in_.offer(std::string(400, 'b')));
  EXPECT_FALSE(in_.offer(std::string(102, 'c')));
  EXPECT_TRUE(in_.offer(std::string(101, 'd')));
}

TEST_F(Inwards, CallsForMoreWhenThereIsRoomAgain) {
  ASSERT_TRUE(in_.offer(std::string(499, 'a')));
  ASSERT_TRUE(in_.offer(std::string(499, 'b')));
  ASSERT_FALSE(in_.offer(std::string(499, 'c')));

  std::size_t read = 0;
  while (wakes_ == 0) {
    ASSERT_LT(read, 998U) << "it was read, and nobody was called";
    read += in_.read().size();
  }

  EXPECT_TRUE(in_.offer(std::string(499, 'c')));
  EXPECT_EQ(wakes_, 1U);
}

TEST_F(Inwards, IsReadToItsEnd) {
  const std::string all = pattern(20'000);
  std::string seen;
  std::thread worker([&] {
    for (std::string_view bytes = in_.read(); !bytes.empty(); bytes = in_.read())
      seen += bytes;
    EXPECT_EQ(in_.read(), "") << "the end is not the end";
  });
  for (std::size_t i = 0; i < all.size();)
    if (const std::string_view next = std::string_view(all).substr(i, 333); in_.offer(next))
      i += next.size();
  in_.close();
  worker.join();

  EXPECT_EQ(seen, all);
}

TEST_F(Inwards, AFailureEndsTheWaitForBytesAndTheOffers) {
  std::string failed;
  std::thread worker([&] { failed = thrown_by([&] { (void)in_.read(); }); });

  in_.fail(because("stopped"));
  worker.join();

  EXPECT_EQ(failed, "stopped");
  EXPECT_EQ(thrown_by([&] { (void)in_.offer("x"); }), "stopped");
}

} // namespace
} // namespace mdocker::image
