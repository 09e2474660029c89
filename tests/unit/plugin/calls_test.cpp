// SPDX-License-Identifier: Apache-2.0
//
// Calls begin, are left and end on their loop.
#include "calls.hpp"

#include "life.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <future>

namespace mdocker::test {
namespace {

namespace asio = boost::asio;

// Says that it runs, and waits until it is cancelled.
class Waits final : public methods::Call {
public:
  explicit Waits(std::promise<void> *runs) : runs_(runs) {}
  [[nodiscard]] std::string_view subject() const noexcept override { return {}; }
  asio::awaitable<std::string> run(methods::Environment &, methods::Deadline deadline) override {
    if (runs_ != nullptr)
      runs_->set_value();
    asio::steady_timer timer(co_await asio::this_coro::executor, deadline.work);
    co_await timer.async_wait(asio::use_awaitable);
    co_return "waited";
  }

private:
  std::promise<void> *runs_;
};

class CallsTest : public testing::Test {
protected:
  CallsTest() : calls_(settings_, log_, [this](Calls::Id) { return left_.load(); }) {}
  ~CallsTest() override { EXPECT_TRUE(calls_.stop(later())); }

  static std::chrono::steady_clock::time_point later() {
    return std::chrono::steady_clock::now() + 20s;
  }

  // Begins a call; gives its error, or an empty text.
  std::future<std::string> begin(Calls::Id id, std::promise<void> *runs) {
    auto ended = std::make_shared<std::promise<std::string>>();
    calls_.begin(id, std::make_unique<Waits>(runs), {later(), later()},
                 [ended](const std::string *, const Error *error) {
                   ended->set_value(error == nullptr ? "" : error->what());
                 });
    return ended->get_future();
  }

  LogBook log_;
  const Settings settings_ = Settings::parse("{}");
  std::atomic<bool> left_ = false;
  Calls calls_;
};

TEST_F(CallsTest, OneWhoseCallerHasLeftBeforeItBeganIsNotBegun) {
  left_ = true;

  EXPECT_EQ(begin(1, nullptr).get(), "cancelled before it began");
}

TEST_F(CallsTest, OneWhoseCallerLeavesIsCancelledAndNoOther) {
  std::promise<void> first_runs;
  std::promise<void> second_runs;
  std::future<std::string> first = begin(1, &first_runs);
  std::future<std::string> second = begin(2, &second_runs);
  first_runs.get_future().get();
  second_runs.get_future().get();

  calls_.cancel(1);
  calls_.cancel(3); // never was

  EXPECT_EQ(first.get(), "cancelled");
  EXPECT_EQ(second.wait_for(0s), std::future_status::timeout);
  calls_.cancel(2);
  EXPECT_EQ(second.get(), "cancelled");
}

TEST_F(CallsTest, AllAreCancelledWhenThePluginStops) {
  std::promise<void> runs;
  std::future<std::string> ended = begin(1, &runs);
  runs.get_future().get();

  EXPECT_TRUE(calls_.stop(later()));

  EXPECT_EQ(ended.get(), "cancelled");
}

} // namespace
} // namespace mdocker::test
