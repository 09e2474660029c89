// SPDX-License-Identifier: Apache-2.0
//
// Who gives a call how long, and what happens when that has passed.
#include "puppet_host.hpp"

#include <thread>

namespace {

using mistify::Answer;
using sdk_test::Answered;
using sdk_test::Door;
using sdk_test::kPatience;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::int64_t kMs = 1000000;

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

class Deadline : public sdk_test::PuppetHost {
protected:
  /// Loads a puppet that keeps its calls open and counts what it is told.
  void load_keeping(std::chrono::nanoseconds margin) {
    load({.answer_margin = margin});
    puppet_.on_call = [this](const mistify_request &request) {
      call_ = request.call;
      deadline_ns_ = request.deadline_ns;
      answer_by_ns_ = request.answer_by_ns;
    };
    puppet_.on_cancel = [this](mistify_call call) {
      cancelled_call_ = call;
      ++cancels_;
      told_.open();
    };
    // Ends what is open: the host would complain otherwise.
    puppet_.on_stop = [this](std::int64_t) {
      complete(call_, "\"stopped\"");
      return MISTIFY_OK;
    };
  }
  mistify::CallId begin(Answered &answered, std::optional<std::chrono::nanoseconds> deadline,
                        std::string_view method = "Puppet.Change") {
    return host_->dispatch({.method = method, .deadline = deadline}, answered.completion());
  }

  mistify_call call_ = 0;
  std::int64_t deadline_ns_ = 0;
  std::int64_t answer_by_ns_ = 0;
  mistify_call cancelled_call_ = 0;
  std::atomic<int> cancels_{0};
  Door told_;
};

TEST_F(Deadline, ThePluginsIsEarlierByTheMargin) {
  load_keeping(seconds(2));
  Answered answered;
  const std::int64_t before = now_ns();
  begin(answered, seconds(60));
  const std::int64_t after = now_ns();
  EXPECT_GE(answer_by_ns_, before + 60000 * kMs);
  EXPECT_LE(answer_by_ns_, after + 60000 * kMs);
  EXPECT_EQ(answer_by_ns_ - deadline_ns_, 2000 * kMs);
}

TEST_F(Deadline, TheMarginIsAtMostHalfOfTheTime) {
  load_keeping(seconds(2));
  Answered answered;
  const std::int64_t before = now_ns();
  begin(answered, seconds(3));
  EXPECT_EQ(answer_by_ns_ - deadline_ns_, 1500 * kMs);
  EXPECT_GE(deadline_ns_, before + 1500 * kMs);
}

TEST_F(Deadline, TheMethodsDefaultIsForCallersThatNameNone) {
  load_keeping(milliseconds(10));
  Answered answered;
  const std::int64_t before = now_ns();
  begin(answered, {}, "Puppet.Timed");
  EXPECT_GE(answer_by_ns_, before + kPuppetDeadlineMs * kMs);
  EXPECT_EQ(answer_by_ns_ - deadline_ns_, 10 * kMs);
  EXPECT_TRUE(answered.get().error);
}

TEST_F(Deadline, TheCallersTakesThePlaceOfTheDefault) {
  load_keeping(milliseconds(10));
  Answered answered;
  const std::int64_t before = now_ns();
  begin(answered, seconds(60), "Puppet.Timed");
  EXPECT_GE(answer_by_ns_, before + 60000 * kMs);
}

TEST_F(Deadline, OneThatIsTooFarAwayIsNone) {
  load_keeping(seconds(2));
  Answered answered;
  begin(answered, std::chrono::nanoseconds::max());
  EXPECT_EQ(deadline_ns_, MISTIFY_NO_DEADLINE);
  EXPECT_EQ(answer_by_ns_, MISTIFY_NO_DEADLINE);
}

TEST_F(Deadline, OneThatHasPassedIsAnsweredWithoutThePlugin) {
  load_keeping(seconds(2));
  for (const auto deadline : {std::chrono::nanoseconds(0), std::chrono::nanoseconds::min()}) {
    Answered answered;
    EXPECT_EQ(begin(answered, deadline), 0U);
    EXPECT_EQ(
        answered.get().error->data_json,
        R"({"kind":"timeout","retryable":true,"method":"Puppet.Change","phase":"before the call"})");
  }
  EXPECT_EQ(call_, 0U);
}

TEST_F(Deadline, WhenItHasPassedTheHostAnswersAndCancelsOnce) {
  load_keeping(milliseconds(10));
  Answered answered;
  const std::int64_t before = now_ns();
  const mistify::CallId id = begin(answered, milliseconds(40));

  const Answer answer = answered.get();

  EXPECT_GE(now_ns(), before + 40 * kMs);
  ASSERT_TRUE(answer.error);
  EXPECT_EQ(answer.error->code, mistify::kFailed);
  EXPECT_EQ(answer.error->message,
            "Puppet.Change: no answer from the plugin before the deadline; its outcome is unknown, "
            "look it up before it is sent again");
  EXPECT_EQ(
      answer.error->data_json,
      R"({"kind":"unknown_outcome","retryable":false,"method":"Puppet.Change","phase":"waiting for the plugin"})");
  told_.wait();
  EXPECT_EQ(cancelled_call_, id);
  EXPECT_TRUE(is_cancelled(id));
  EXPECT_FALSE(host_->cancel(id));
  EXPECT_EQ(host_->calls_in_flight(), 1U) << "the plugin is at it still";

  EXPECT_EQ(progress(id, "{}"), MISTIFY_E_STATE);
  std::int64_t wish = now_ns() + 60000 * kMs;
  EXPECT_EQ(puppet_.api->set_deadline(puppet_.host, id, &wish), MISTIFY_E_STATE);
  EXPECT_EQ(complete(id, "\"late\""), MISTIFY_E_STATE);
  EXPECT_EQ(host_->calls_in_flight(), 0U);
  EXPECT_EQ(complete(id, "\"twice\""), MISTIFY_E_STATE);
  EXPECT_EQ(cancels_, 1);
}

TEST_F(Deadline, ATimedOutReadMayBeRetried) {
  load_keeping(milliseconds(0));
  Answered answered;
  begin(answered, milliseconds(20), "Puppet.Read");
  const Answer answer = answered.get();
  EXPECT_EQ(answer.error->message, "Puppet.Read: no answer from the plugin before the deadline");
  EXPECT_EQ(
      answer.error->data_json,
      R"({"kind":"timeout","retryable":true,"method":"Puppet.Read","phase":"waiting for the plugin"})");
}

TEST_F(Deadline, AnAnswerInTheMarginIsStillGood) {
  load_keeping(seconds(30));
  Answered answered;
  begin(answered, seconds(60));
  EXPECT_EQ(complete(call_, "1"), MISTIFY_OK);
  EXPECT_EQ(answered.get().result_json, "1");
  EXPECT_EQ(cancels_, 0);
}

TEST_F(Deadline, ACheckHasOneToo) {
  load_keeping(milliseconds(0));
  mistify_call check = 0;
  puppet_.on_check = [&](const mistify_request &request) { check = request.call; };
  Answered answered;
  host_->check("puppet", milliseconds(20), answered.completion());
  EXPECT_EQ(answered.get().error->message,
            "the check: no answer from the plugin before the deadline");
  told_.wait();
  EXPECT_EQ(cancelled_call_, check);
  EXPECT_EQ(complete(check, "{}"), MISTIFY_E_STATE);
}

TEST_F(Deadline, PluginMayAskForMoreThanTheDefault) {
  load_keeping(milliseconds(10));
  std::int64_t given = 0;
  puppet_.on_call = [&](const mistify_request &request) {
    call_ = request.call;
    given = now_ns() + 60000 * kMs;
    std::int64_t wish = given;
    EXPECT_EQ(puppet_.api->set_deadline(puppet_.host, call_, &wish), MISTIFY_OK);
    EXPECT_EQ(wish, given);
  };
  Answered longer;
  begin(longer, {}, "Puppet.Timed");
  const mistify_call extended = call_;
  puppet_.on_call = [&](const mistify_request &request) { call_ = request.call; };
  Answered plain;
  begin(plain, {}, "Puppet.Timed");

  EXPECT_TRUE(plain.get().error) << "which came to its default later than the other";

  EXPECT_FALSE(longer.ready());
  EXPECT_EQ(complete(extended, "1"), MISTIFY_OK);
  EXPECT_EQ(longer.get().result_json, "1");
}

TEST_F(Deadline, ThePluginMayAskForLessOrNone) {
  load_keeping(milliseconds(0));
  puppet_.on_call = [&](const mistify_request &request) {
    call_ = request.call;
    std::int64_t wish = MISTIFY_NO_DEADLINE;
    EXPECT_EQ(puppet_.api->set_deadline(puppet_.host, call_, &wish), MISTIFY_OK);
    EXPECT_EQ(wish, MISTIFY_NO_DEADLINE);
    wish = now_ns() + 5 * kMs;
    EXPECT_EQ(puppet_.api->set_deadline(puppet_.host, call_, &wish), MISTIFY_OK);
  };
  Answered answered;
  begin(answered, {}, "Puppet.Change");
  EXPECT_TRUE(answered.get().error);
}

TEST_F(Deadline, TheCallersStaysWhateverThePluginAsksFor) {
  load_keeping(milliseconds(10));
  puppet_.on_call = [&](const mistify_request &request) {
    call_ = request.call;
    std::int64_t wish = now_ns() + 60000 * kMs;
    EXPECT_EQ(puppet_.api->set_deadline(puppet_.host, call_, &wish), MISTIFY_OK);
    EXPECT_EQ(wish, request.deadline_ns);
  };
  Answered answered;
  begin(answered, milliseconds(40));
  EXPECT_TRUE(answered.get().error);
}

TEST_F(Deadline, AHandlerThatHangsIsAnsweredForAndToldAfterwards) {
  load_keeping(milliseconds(0));
  Answered answered;
  int cancels_inside = -1;
  puppet_.on_call = [&](const mistify_request &request) {
    call_ = request.call;
    EXPECT_TRUE(answered.get().error); // the host's, while the handler is on the stack
    cancels_inside = cancels_;         // the host cannot know whether the plugin knows the call yet
  };
  begin(answered, milliseconds(20));
  EXPECT_EQ(cancels_inside, 0);
  EXPECT_EQ(cancels_, 1);
  EXPECT_EQ(cancelled_call_, call_);
}

TEST_F(Deadline, ManyPassInTheirOrder) {
  load_keeping(milliseconds(0));
  std::vector<mistify_call> calls;
  puppet_.on_call = [&](const mistify_request &request) { calls.push_back(request.call); };
  puppet_.on_stop = [](std::int64_t) { return MISTIFY_OK; };
  std::mutex mutex;
  std::vector<int> order;
  Answered last;
  const int delays[] = {70, 30, 90, 50, 10, 110};
  for (const int delay : delays)
    host_->dispatch({.method = "Puppet.Change", .deadline = milliseconds(delay)},
                    [&, delay, done = last.completion()](Answer answer) {
                      const std::lock_guard lock(mutex);
                      order.push_back(delay);
                      if (delay == 110)
                        done(std::move(answer));
                    });
  EXPECT_EQ(complete(calls.at(2), "1"), MISTIFY_OK); // the one of 90 ms never passes
  EXPECT_TRUE(last.get().error);
  const std::lock_guard lock(mutex);
  EXPECT_EQ(order, (std::vector<int>{90, 10, 30, 50, 70, 110}));
}

TEST_F(Deadline, AWaitIsCutByItsDeadlineByThePluginItself) {
  mistify::Host host({.answer_margin = seconds(30)});
  host.load(sdk_test::plugin("example_c"));
  Answered answered;
  host.dispatch({.method = "ExampleC.Wait",
                 .params_json = R"({"ms":86400000})",
                 .deadline = milliseconds(80)},
                answered.completion());
  const Answer answer = answered.get();
  ASSERT_TRUE(answer.error);
  EXPECT_EQ(answer.error->message, "the deadline came before the end of the wait");
}

TEST_F(Deadline, ALateEndOfAThreadOfThePluginIsRefused) {
  mistify::Host host({.answer_margin = milliseconds(1)});
  host.load(sdk_test::plugin("example_cpp"));
  Answered answered;
  host.dispatch({.method = "ExampleCpp.CompleteLate", .deadline = milliseconds(20)},
                answered.completion());
  EXPECT_TRUE(answered.get().error);
  EXPECT_EQ(sdk_test::call(host, "ExampleCpp.Statuses", R"({"count":1})").result_json, "[-3]");
  EXPECT_TRUE(host.drain(kPatience));
}

} // namespace
