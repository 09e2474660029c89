// SPDX-License-Identifier: Apache-2.0
#include <image/worker.hpp>

#include <archives.hpp>

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <thread>

namespace mdocker::image::test {
namespace {

constexpr std::size_t kCapacity = std::size_t{256} << 10U;

std::string archive() {
  const std::string hash(64, 'a');
  return Tar()
      .file("layer.tar", std::string(2 * kCapacity, 'x'))
      .file("config.json", "{}")
      .file("manifest.json",
            R"([{"Config":"config.json","RepoTags":["a:b"],"Layers":["layer.tar"]}])")
      .done();
}

/// A worker between two pipes, whose outer ends are here.
class AtWork : public testing::Test {
protected:
  void begin(const ChecksumFields &fields = {}) {
    Options options;
    options.id = kId;
    worker_.emplace(io_.get_executor(), in_, out_, Checksum(fields), std::move(options),
                    [this](const std::exception_ptr &thrown, const Result &result) {
                      ++times_;
                      on_thread_ = std::this_thread::get_id();
                      thrown_ = thrown;
                      result_ = result;
                    });
  }

  /// Pushes the bytes through, and takes what comes, until the worker is done.
  void push(std::string_view bytes) {
    std::string room(10'000, '\0');
    bool closed = false;
    while (times_ == 0) {
      if (const std::string_view next = bytes.substr(0, 50'000); !next.empty() && in_.offer(next)) {
        bytes.remove_prefix(next.size());
      } else if (bytes.empty() && !std::exchange(closed, true)) {
        in_.close();
      }
      take(room);
      io_.restart();
      io_.poll();
    }
    take(room);
  }

  [[nodiscard]] std::string why() const {
    try {
      if (thrown_)
        std::rethrow_exception(thrown_);
    } catch (const std::exception &error) {
      return error.what();
    }
    return {};
  }

  boost::asio::io_context io_{1};
  Inflow in_{kCapacity, [] {}};
  Outflow out_{kCapacity, [] {}};
  std::string taken_;
  unsigned times_ = 0;
  std::thread::id on_thread_;
  std::exception_ptr thrown_;
  Result result_;
  std::optional<Worker> worker_;

private:
  void take(std::string &room) {
    try {
      while (const std::size_t count = out_.take(room))
        taken_.append(room, 0, count);
    } catch (const std::runtime_error &) { // as the test has it
    }
  }
};

TEST_F(AtWork, ClosesTheOuterPipeWhereAllIsGood) {
  begin();
  push(archive());

  EXPECT_EQ(why(), "");
  EXPECT_TRUE(out_.ended());
  EXPECT_TRUE(has_end_marker(taken_));
  EXPECT_EQ(result_.bytes.in, archive().size());
  EXPECT_EQ(result_.bytes.out, taken_.size());
  EXPECT_NE(content_of(read_back(taken_), "manifest.json").find(kId + ":latest"),
            std::string::npos);
}

TEST_F(AtWork, SaysSoOnTheLoopAndOnce) {
  begin();
  push(archive());
  worker_.reset();
  io_.restart();
  io_.poll();

  EXPECT_EQ(times_, 1U);
  EXPECT_EQ(on_thread_, std::this_thread::get_id());
}

TEST_F(AtWork, LetsNoEndMarkerOutOfWhatHasAnotherChecksum) {
  const std::string sum = "sha-256=:" + std::string(43, 'A') + "=:";
  begin({.content_digest = sum, .digest = {}, .x_checksum_sha256 = {}});
  push(archive());

  EXPECT_NE(why().find("Content-Digest"), std::string::npos) << why();
  EXPECT_FALSE(out_.closed());
  EXPECT_FALSE(has_end_marker(taken_));
  EXPECT_FALSE(taken_.empty()) << "it did not go through in pieces";
}

TEST_F(AtWork, LetsNoEndMarkerOutOfWhatIsNoWholeArchive) {
  const std::string all = archive();
  begin();
  push(std::string_view(all).substr(0, all.size() - 1'024 - 512));

  EXPECT_NE(why(), "");
  EXPECT_FALSE(out_.closed());
  EXPECT_FALSE(has_end_marker(taken_));
}

TEST_F(AtWork, EndsWhereTheDownloadHasFailed) {
  begin();
  ASSERT_TRUE(in_.offer(std::string_view(archive()).substr(0, 50'000)));

  in_.fail(std::make_exception_ptr(std::runtime_error("no more comes")));
  worker_.reset(); // waits for its thread
  io_.poll();

  EXPECT_EQ(times_, 1U);
  EXPECT_EQ(why(), "no more comes");
  EXPECT_FALSE(out_.closed());
}

TEST_F(AtWork, EndsWhereTheUploadWasStoppedAndSaysWhy) {
  begin();
  out_.fail(std::make_exception_ptr(std::runtime_error("stopped")));
  push(archive());

  EXPECT_EQ(why(), "stopped");
  EXPECT_FALSE(out_.closed());
  EXPECT_EQ(taken_, "");
}

} // namespace
} // namespace mdocker::image::test
