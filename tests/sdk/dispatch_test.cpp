// SPDX-License-Identifier: Apache-2.0
//
// A call goes to its method, and its answer comes back once.
#include "puppet_host.hpp"

#include <set>
#include <thread>

namespace {

using mistify::Answer;
using mistify::Host;
using sdk_test::Answered;
using sdk_test::Door;
using sdk_test::kPatience;
using Dispatch = sdk_test::PuppetHost;

TEST_F(Dispatch, HandsTheCallToThePluginAsTheCallerGaveIt) {
  load({.name = "tester", .version = "1.2"});
  std::string seen;
  puppet_.on_call = [&](const mistify_request &request) {
    seen = std::string(request.method.ptr, request.method.len) + " " +
           std::string(request.params_json.ptr, request.params_json.len) + " " +
           std::string(request.trace_id.ptr, request.trace_id.len);
    EXPECT_EQ(request.struct_size, sizeof(mistify_request));
    EXPECT_EQ(request.reserved, 0U);
    EXPECT_EQ(request.deadline_ns, MISTIFY_NO_DEADLINE);
    EXPECT_EQ(request.answer_by_ns, MISTIFY_NO_DEADLINE);
    complete(request.call, "true");
  };
  Answered answered;

  const mistify::CallId id = host_->dispatch(
      {.method = "Puppet.Change", .params_json = R"({"a":1})", .trace_id = "trace-1"},
      answered.completion());

  EXPECT_NE(id, 0U);
  EXPECT_EQ(seen, R"(Puppet.Change {"a":1} trace-1)");
  EXPECT_STREQ(puppet_.api->host_name, "tester");
  EXPECT_STREQ(puppet_.api->host_version, "1.2");
  const Answer answer = answered.get();
  EXPECT_EQ(answer.result_json, "true");
  EXPECT_FALSE(answer.error);
  EXPECT_EQ(host_->calls_in_flight(), 0U);
}

TEST_F(Dispatch, TheAnswerMayComeLaterFromAnotherThread) {
  load();
  mistify_call open = 0;
  puppet_.on_call = [&](const mistify_request &request) { open = request.call; };
  Answered answered;
  const mistify::CallId id = host_->dispatch({.method = "Puppet.Change"}, answered.completion());
  EXPECT_EQ(id, open);
  EXPECT_FALSE(answered.ready());
  EXPECT_EQ(host_->calls_in_flight(), 1U);

  std::thread([&] { EXPECT_EQ(complete(open, "[1,2]"), MISTIFY_OK); }).join();

  EXPECT_EQ(answered.get().result_json, "[1,2]");
  EXPECT_EQ(host_->calls_in_flight(), 0U);
}

TEST_F(Dispatch, ACallThatHasEndedCannotBeEndedAgain) {
  load();
  mistify_call ended = 0;
  puppet_.on_call = [&](const mistify_request &request) {
    ended = request.call;
    EXPECT_EQ(complete(ended, "1"), MISTIFY_OK);
  };
  EXPECT_EQ(sdk_test::call(*host_, "Puppet.Change").result_json, "1");

  std::int64_t wish = 1;
  EXPECT_EQ(complete(ended, "2"), MISTIFY_E_STATE);
  EXPECT_EQ(fail(ended, -1, "x"), MISTIFY_E_STATE);
  EXPECT_EQ(progress(ended, "{}"), MISTIFY_E_STATE);
  EXPECT_EQ(puppet_.api->set_deadline(puppet_.host, ended, &wish), MISTIFY_E_STATE);
  EXPECT_TRUE(is_cancelled(ended));
  EXPECT_FALSE(host_->cancel(ended));
}

TEST_F(Dispatch, ACallOfANumberThatNeverWasIsRefused) {
  load();
  for (const mistify_call call : {mistify_call{0}, mistify_call{1}, mistify_call{4096},
                                  mistify_call{4097}, ~mistify_call{0}}) {
    EXPECT_EQ(complete(call, "1"), MISTIFY_E_STATE) << call;
    EXPECT_TRUE(is_cancelled(call)) << call;
    EXPECT_FALSE(host_->cancel(call)) << call;
  }
}

TEST_F(Dispatch, ALateEndDoesNotTouchTheCallThatCameAfter) {
  load();
  std::vector<mistify_call> calls;
  puppet_.on_call = [&](const mistify_request &request) { calls.push_back(request.call); };
  Answered first;
  Answered second;
  host_->dispatch({.method = "Puppet.Change"}, first.completion());
  ASSERT_EQ(complete(calls.at(0), "1"), MISTIFY_OK);
  host_->dispatch({.method = "Puppet.Change"}, second.completion());

  EXPECT_EQ(complete(calls.at(0), "2"), MISTIFY_E_STATE);

  EXPECT_FALSE(second.ready());
  EXPECT_EQ(complete(calls.at(1), "3"), MISTIFY_OK);
  EXPECT_EQ(first.get().result_json, "1");
  EXPECT_EQ(second.get().result_json, "3");
}

TEST_F(Dispatch, NoIdIsUsedTwice) {
  load();
  puppet_.on_call = [&](const mistify_request &request) { complete(request.call, "1"); };
  std::set<mistify::CallId> ids;
  for (int i = 0; i < 10000; ++i)
    ids.insert(host_->dispatch({.method = "Puppet.Change"}, [](const Answer &) {}));
  EXPECT_EQ(ids.size(), 10000U);
  EXPECT_FALSE(ids.contains(0));
}

TEST_F(Dispatch, APluginCannotEndTheCallOfAnother) {
  load();
  host_->load(sdk_test::plugin("example_c"));
  Answered answered;
  const mistify::CallId id = host_->dispatch(
      {.method = "ExampleC.Wait", .params_json = R"({"ms":86400000})"}, answered.completion());

  EXPECT_EQ(complete(id, "\"mine\""), MISTIFY_E_STATE);
  EXPECT_TRUE(is_cancelled(id));

  EXPECT_FALSE(answered.ready());
  EXPECT_TRUE(host_->cancel(id));
  EXPECT_TRUE(answered.get().error);
}

TEST_F(Dispatch, AnErrorKeepsItsCodeAndDataAndBecomesOneLine) {
  load();
  puppet_.on_call = [&](const mistify_request &request) {
    fail(request.call, -32602, "id: wrong\r\n\x1b[31mred\x7f", R"({"kind":"invalid"})");
  };
  const Answer answer = sdk_test::call(*host_, "Puppet.Change");
  ASSERT_TRUE(answer.error);
  EXPECT_EQ(answer.error->code, mistify::kInvalidParams);
  EXPECT_EQ(answer.error->message, R"(id: wrong\r\n\x1b[31mred\x7f)");
  EXPECT_EQ(answer.error->data_json, R"({"kind":"invalid"})");
  EXPECT_TRUE(answer.result_json.empty());
}

TEST_F(Dispatch, AnErrorWithoutAMessageGetsOne) {
  load();
  puppet_.on_call = [&](const mistify_request &request) { fail(request.call, -32000, ""); };
  const Answer answer = sdk_test::call(*host_, "Puppet.Change");
  ASSERT_TRUE(answer.error);
  EXPECT_EQ(answer.error->message, "failed, and the plugin did not say why");
}

TEST_F(Dispatch, AnEmptyResultIsAnInternalError) {
  load();
  puppet_.on_call = [&](const mistify_request &request) {
    EXPECT_EQ(puppet_.api->complete(puppet_.host, request.call, {nullptr, 12}), MISTIFY_OK);
  };
  const Answer answer = sdk_test::call(*host_, "Puppet.Change");
  ASSERT_TRUE(answer.error);
  EXPECT_EQ(answer.error->code, mistify::kFailed);
  EXPECT_EQ(answer.error->message, "the plugin ended the call with an empty result");
  EXPECT_EQ(answer.error->data_json, R"({"kind":"internal","retryable":false})");
}

TEST_F(Dispatch, AMalformedErrorLeavesTheCallOpen) {
  load();
  puppet_.on_call = [&](const mistify_request &request) {
    mistify_error error{};
    error.struct_size = sizeof error - 1;
    EXPECT_EQ(puppet_.api->fail(puppet_.host, request.call, &error), MISTIFY_E_INVALID);
    EXPECT_EQ(puppet_.api->fail(puppet_.host, request.call, nullptr), MISTIFY_E_INVALID);
    EXPECT_EQ(puppet_.api->set_deadline(puppet_.host, request.call, nullptr), MISTIFY_E_INVALID);
    complete(request.call, "\"still open\"");
  };
  EXPECT_EQ(sdk_test::call(*host_, "Puppet.Change").result_json, "\"still open\"");
}

TEST_F(Dispatch, AnUnknownMethodIsAnsweredAndBeginsNothing) {
  load();
  Answered answered;
  EXPECT_EQ(host_->dispatch({.method = "Puppet.No\"pe\n"}, answered.completion()), 0U);
  const Answer answer = answered.get();
  ASSERT_TRUE(answer.error);
  EXPECT_EQ(answer.error->code, mistify::kMethodNotFound);
  EXPECT_EQ(answer.error->message, R"(no such method: "Puppet.No\"pe\n")");
  EXPECT_EQ(answer.error->data_json,
            R"({"kind":"not_found","retryable":false,"method":"Puppet.No\"pe\n"})");
}

TEST_F(Dispatch, OneCallMoreThanTheHostTakesIsBusy) {
  load({.max_calls = 2});
  std::vector<mistify_call> calls;
  puppet_.on_call = [&](const mistify_request &request) { calls.push_back(request.call); };
  Answered a;
  Answered b;
  Answered refused;
  host_->dispatch({.method = "Puppet.Change"}, a.completion());
  host_->dispatch({.method = "Puppet.Change"}, b.completion());

  EXPECT_EQ(host_->dispatch({.method = "Puppet.Change"}, refused.completion()), 0U);

  const Answer answer = refused.get();
  ASSERT_TRUE(answer.error);
  EXPECT_EQ(answer.error->code, mistify::kBusy);
  EXPECT_EQ(answer.error->message,
            "busy: 2 calls are in flight, which is as many as this host takes");
  EXPECT_EQ(answer.error->data_json,
            R"({"kind":"busy","retryable":true,"method":"Puppet.Change"})");
  EXPECT_FALSE(a.ready());
  complete(calls.at(0), "1");
  Answered again;
  EXPECT_NE(host_->dispatch({.method = "Puppet.Change"}, again.completion()), 0U);
  complete(calls.at(1), "1");
  complete(calls.at(2), "1");
  EXPECT_FALSE(again.get().error);
}

TEST_F(Dispatch, AFullHostStillAnswersChecks) {
  load({.max_calls = 0});
  EXPECT_EQ(sdk_test::call(*host_, "Puppet.Change").error->code, mistify::kBusy);
  Answered check;
  EXPECT_NE(host_->check("puppet", std::chrono::seconds(5), check.completion()), 0U);
  EXPECT_EQ(check.get().result_json, R"({"ready":false})");
}

TEST_F(Dispatch, ACompletionMayDispatchAgain) {
  load();
  puppet_.on_call = [&](const mistify_request &request) { complete(request.call, "1"); };
  int depth = 0;
  std::function<void()> next = [&] {
    if (++depth < 50)
      host_->dispatch({.method = "Puppet.Change"}, [&](const Answer &) { next(); });
  };
  next();
  EXPECT_EQ(depth, 50);
  EXPECT_EQ(host_->calls_in_flight(), 0U);
}

TEST_F(Dispatch, AThrowingCompletionIsLoggedAndHarmsNobody) {
  load();
  puppet_.on_call = [&](const mistify_request &request) { complete(request.call, "1"); };
  host_->dispatch({.method = "Puppet.Change"}, [](const Answer &) { throw std::bad_alloc(); });
  EXPECT_EQ(log_.of("").back(), "a completion threw, which it must not");
  EXPECT_EQ(sdk_test::call(*host_, "Puppet.Change").result_json, "1");
}

TEST_F(Dispatch, ProgressReachesTheCallerInOrderAndBeforeTheAnswer) {
  load();
  puppet_.on_call = [&](const mistify_request &request) {
    EXPECT_EQ(progress(request.call, R"({"done":1})"), MISTIFY_OK);
    EXPECT_EQ(progress(request.call, R"({"done":2})"), MISTIFY_OK);
    complete(request.call, "3");
  };
  std::string seen;
  host_->dispatch(
      {.method = "Puppet.Change", .progress = [&](std::string_view json) { seen += json; }},
      [&](const Answer &answer) { seen += answer.result_json; });
  EXPECT_EQ(seen, R"({"done":1}{"done":2}3)");
}

TEST_F(Dispatch, ProgressThatNobodyListensToIsFine) {
  load();
  puppet_.on_call = [&](const mistify_request &request) {
    EXPECT_EQ(progress(request.call, "{}"), MISTIFY_OK);
    complete(request.call, "1");
  };
  EXPECT_EQ(sdk_test::call(*host_, "Puppet.Change").result_json, "1");
}

TEST_F(Dispatch, AnAnswerWaitsForTheProgressThatIsBeingTold) {
  load();
  mistify_call open = 0;
  puppet_.on_call = [&](const mistify_request &request) { open = request.call; };
  Door told;
  Door answered;
  std::string seen;
  host_->dispatch({.method = "Puppet.Change",
                   .progress =
                       [&](std::string_view) {
                         told.open();
                         answered.wait();
                         seen += "progress ";
                       }},
                  [&](const Answer &answer) { seen += answer.result_json; });
  std::thread teller([&] { EXPECT_EQ(progress(open, "{}"), MISTIFY_OK); });
  told.wait();

  EXPECT_EQ(complete(open, "answer"), MISTIFY_OK);
  EXPECT_EQ(complete(open, "again"), MISTIFY_E_STATE);
  EXPECT_TRUE(is_cancelled(open));
  answered.open();
  teller.join();

  EXPECT_EQ(seen, "progress answer");
  EXPECT_TRUE(host_->drain(kPatience));
}

TEST_F(Dispatch, ASecondEndFromAThreadOfThePluginIsRefused) {
  Host host({});
  host.load(sdk_test::plugin("example_cpp"));
  EXPECT_EQ(sdk_test::call(host, "ExampleCpp.Complete", R"({"times":2})").result_json,
            R"({"times":1})");
  EXPECT_EQ(sdk_test::call(host, "ExampleCpp.Statuses", R"({"count":1})").result_json, "[-3]");
}

} // namespace
