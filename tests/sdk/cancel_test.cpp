// SPDX-License-Identifier: Apache-2.0
//
// A caller that is gone is answered at once, and the plugin is told once, where it can take it.
#include "puppet_host.hpp"

#include <thread>

namespace {

using mistify::Answer;
using sdk_test::Answered;
using sdk_test::Door;
using sdk_test::kPatience;

class Cancel : public sdk_test::PuppetHost {
protected:
  void load_keeping() {
    load();
    puppet_.on_call = [this](const mistify_request &request) { call_ = request.call; };
    puppet_.on_cancel = [this](mistify_call call) {
      EXPECT_EQ(call, call_);
      ++cancels_;
      told_.open();
    };
  }
  mistify_call call_ = 0;
  std::atomic<int> cancels_{0};
  Door told_;
};

TEST_F(Cancel, AnswersAtOnceAndTellsThePluginOnce) {
  load_keeping();
  Answered answered;
  const mistify::CallId id = host_->dispatch({.method = "Puppet.Change"}, answered.completion());

  EXPECT_TRUE(host_->cancel(id));

  ASSERT_TRUE(answered.ready());
  const Answer answer = answered.get();
  EXPECT_EQ(answer.error->code, mistify::kFailed);
  EXPECT_EQ(answer.error->message, "Puppet.Change: cancelled: the caller is gone");
  EXPECT_EQ(
      answer.error->data_json,
      R"({"kind":"cancelled","retryable":false,"method":"Puppet.Change","phase":"waiting for the plugin"})");
  EXPECT_EQ(cancels_, 1);
  EXPECT_TRUE(is_cancelled(id));
  EXPECT_FALSE(host_->cancel(id));
  EXPECT_EQ(cancels_, 1);
  EXPECT_EQ(fail(id, -32000, "cancelled"), MISTIFY_E_STATE);
  EXPECT_EQ(host_->calls_in_flight(), 0U);
}

TEST_F(Cancel, ThePluginMayEndTheCallInside) {
  load_keeping();
  puppet_.on_cancel = [this](mistify_call call) {
    EXPECT_EQ(fail(call, -32000, "cancelled"), MISTIFY_E_STATE);
  };
  Answered answered;
  const mistify::CallId id = host_->dispatch({.method = "Puppet.Change"}, answered.completion());
  EXPECT_TRUE(host_->cancel(id));
  EXPECT_EQ(host_->calls_in_flight(), 0U);
}

TEST_F(Cancel, AfterADeadlineTheCallIsNotCancelledAgain) {
  load_keeping();
  Answered answered;
  const mistify::CallId id =
      host_->dispatch({.method = "Puppet.Change", .deadline = std::chrono::milliseconds(10)},
                      answered.completion());
  EXPECT_TRUE(answered.get().error);
  told_.wait();
  EXPECT_FALSE(host_->cancel(id));
  EXPECT_TRUE(host_->unload("puppet", kPatience));
  EXPECT_EQ(cancels_, 1);
}

TEST_F(Cancel, InsideTheAnswerIsTooLate) {
  load_keeping();
  bool cancelled = true;
  host_->dispatch({.method = "Puppet.Change"},
                  [&](const Answer &) { cancelled = host_->cancel(call_); });
  EXPECT_EQ(complete(call_, "1"), MISTIFY_OK);
  EXPECT_FALSE(cancelled);
  EXPECT_EQ(cancels_, 0);
}

TEST_F(Cancel, InsideProgressThePluginIsToldByAnotherThread) {
  load_keeping();
  std::thread::id teller;
  Door done;
  puppet_.on_cancel = [&](mistify_call) {
    teller = std::this_thread::get_id();
    done.open();
  };
  std::string seen;
  host_->dispatch({.method = "Puppet.Change",
                   .progress =
                       [&](std::string_view) {
                         EXPECT_TRUE(host_->cancel(call_));
                         seen += "progress ";
                       }},
                  [&](const Answer &answer) { seen += answer.error ? "cancelled" : "result"; });

  EXPECT_EQ(progress(call_, "{}"), MISTIFY_OK);

  EXPECT_EQ(seen, "progress cancelled");
  done.wait();
  EXPECT_NE(teller, std::this_thread::get_id());
  EXPECT_EQ(progress(call_, "{}"), MISTIFY_E_STATE);
  EXPECT_EQ(complete(call_, "1"), MISTIFY_E_STATE);
  EXPECT_EQ(host_->calls_in_flight(), 0U);
}

TEST_F(Cancel, ACallThatEndsWhileItIsBeingCancelledInProgressIsLeftAlone) {
  load_keeping();
  std::string seen;
  host_->dispatch({.method = "Puppet.Change",
                   .progress =
                       [&](std::string_view) {
                         EXPECT_EQ(complete(call_, "1"), MISTIFY_OK);
                         EXPECT_FALSE(host_->cancel(call_));
                       }},
                  [&](const Answer &answer) { seen += answer.result_json; });
  progress(call_, "{}");
  EXPECT_EQ(seen, "1");
  EXPECT_EQ(cancels_, 0);
  EXPECT_EQ(host_->calls_in_flight(), 0U);
}

TEST_F(Cancel, TheExampleEndsItsWait) {
  mistify::Host host({});
  host.load(sdk_test::plugin("example_c"));
  Answered answered;
  const mistify::CallId id = host.dispatch(
      {.method = "ExampleC.Wait", .params_json = R"({"ms":86400000})"}, answered.completion());
  EXPECT_TRUE(host.cancel(id));
  EXPECT_TRUE(answered.get().error);
  EXPECT_TRUE(host.drain(kPatience)) << "the plugin ends the call soon";
  EXPECT_EQ(host.calls_in_flight(), 0U);
}

} // namespace
