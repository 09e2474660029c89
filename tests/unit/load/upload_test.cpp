// SPDX-License-Identifier: Apache-2.0
#include <methods/image_upload.hpp>

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <string>

namespace mdocker::methods {
namespace {

using namespace std::chrono_literals;

constexpr auto kLimit = 40ms;
constexpr std::size_t kHeld = image::Outflow::kHeldBack;

class Uploaded : public testing::Test {
protected:
  Uploaded() { upload_.head_line("HTTP/1.1 200 OK\r\n"); }

  /// The next bytes; how many.
  std::size_t fill() { return upload_.fill(room_); }

  boost::asio::io_context io_{1};
  bool silent_ = false;
  std::array<char, 2 * kHeld> room_{};
  image::Outflow out_{4 * kHeld, [] {}};
  runtime::IdleWatch silence_{io_.get_executor(), kLimit, [this] { silent_ = true; }};
  ImageUpload upload_{out_, silence_, [] {}};
};

TEST_F(Uploaded, AnEngineThatSaysNothingToAllThatItHasIsSilent) {
  out_.write(std::string(kHeld + 1, 'x'));
  ASSERT_EQ(fill(), 1U);

  io_.run();

  EXPECT_TRUE(silent_);
}

TEST_F(Uploaded, AnEngineThatWaitsForUsIsNotSilent) {
  ASSERT_EQ(fill(), ImageUpload::kWait);

  io_.run();

  EXPECT_FALSE(silent_);
}

TEST_F(Uploaded, NorIsOneThatSaysSomethingWhileItWaits) {
  ASSERT_EQ(fill(), ImageUpload::kWait);
  upload_.take(R"({"status":"Loading layer"})");

  io_.run();

  EXPECT_FALSE(silent_) << "the service is slow, and the engine is blamed";
}

TEST_F(Uploaded, ItIsSilentAgainWhenThereIsMoreForIt) {
  ASSERT_EQ(fill(), ImageUpload::kWait);
  upload_.take(R"({"status":"Loading layer"})");
  out_.write(std::string(kHeld + 1, 'x'));
  ASSERT_EQ(fill(), 1U);

  io_.run();

  EXPECT_TRUE(silent_);
}

} // namespace
} // namespace mdocker::methods
