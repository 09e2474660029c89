// SPDX-License-Identifier: Apache-2.0
//
// A newer file takes the place of a plugin's older one, and the calls that come meanwhile wait.
#include "reload_host.hpp"

#include <thread>

namespace {

using mistify::Answer;
using mistify::CallId;
using sdk_test::Answered;
using sdk_test::Door;
using sdk_test::kPatience;
using sdk_test::kReloading;
using sdk_test::lend;
using sdk_test::plugin;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Reload = sdk_test::ReloadHost;
using Steps = std::vector<std::string>;

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

TEST_F(Reload, TakesTheNewerFileIntoUse) {
  load();
  new_.answer_at_once();
  sdk_test::replace(file_, plugin("puppet_2"));

  EXPECT_TRUE(host_->reload("puppet", kPatience));

  EXPECT_EQ(steps_, (Steps{"old quiesce", "old stop", "old destroy", "new create"}));
  ASSERT_EQ(host_->plugins().size(), 1U);
  EXPECT_EQ(host_->plugins()[0].version, "2.0");
  EXPECT_EQ(host_->plugins()[0].file, file_);
  EXPECT_EQ(sdk_test::call(*host_, "Puppet.Change", "[1]").result_json, "[1]");
  EXPECT_EQ(log_.of("").back(),
            "reloaded the plugin puppet 2.0 from " + file_.string() + " (was 1.0)");
}

TEST_F(Reload, UnmapsTheOlderFile) {
  load();
  sdk_test::replace(file_, plugin("puppet_2"));
  ASSERT_GT(sdk_test::old_mappings_of(file_), 0U);
  ASSERT_EQ(sdk_test::mappings_of(file_), 0U);

  EXPECT_TRUE(host_->reload("puppet", kPatience));

  EXPECT_EQ(sdk_test::old_mappings_of(file_), 0U);
  EXPECT_GT(sdk_test::mappings_of(file_), 0U);
  EXPECT_TRUE(host_->unload("puppet", kPatience));
  EXPECT_EQ(sdk_test::mappings_of(file_), 0U);
}

TEST_F(Reload, OfAFileThatHasNotChangedMakesAFreshInstance) {
  load();
  new_.answer_at_once();
  const std::size_t mappings = sdk_test::mappings_of(file_);

  EXPECT_TRUE(host_->reload("puppet", kPatience));
  EXPECT_TRUE(host_->reload("puppet", kPatience));

  EXPECT_EQ(steps_, (Steps{"old quiesce", "old stop", "old destroy", "new create", "new quiesce",
                           "new stop", "new destroy", "new create"}));
  EXPECT_EQ(sdk_test::call(*host_, "Puppet.Timed", "[1]").result_json, "[1]");
  EXPECT_EQ(sdk_test::mappings_of(file_), mappings);
  EXPECT_TRUE(host_->unload("puppet", kPatience));
  EXPECT_EQ(sdk_test::mappings_of(file_), 0U);
}

TEST_F(Reload, ReplacesTheMethods) {
  load();
  new_.answer_at_once();
  sdk_test::replace(file_, plugin("puppet_2"));

  EXPECT_TRUE(host_->reload("puppet", kPatience));

  EXPECT_EQ(sdk_test::call(*host_, "Puppet.New", "[1]").result_json, "[1]");
  EXPECT_EQ(sdk_test::call(*host_, "Puppet.Timed").error->code, mistify::kMethodNotFound);
  std::vector<std::string> names;
  for (const mistify::MethodInfo &method : host_->methods())
    names.push_back(method.name);
  EXPECT_EQ(names, (std::vector<std::string>{"Puppet.Change", "Puppet.New", "Puppet.Read"}));
}

TEST_F(Reload, HeldCallsBeginInTheNewInstanceInTheOrderOfTheirArrival) {
  load();
  sdk_test::replace(file_, plugin("puppet_2"));
  begin_reload();
  std::vector<Answered> answers(20);
  std::vector<CallId> ids;
  std::vector<std::string> params;
  for (const Answered &answered : answers) {
    params.push_back("[" + std::to_string(params.size()) + "]");
    ids.push_back(dispatch(answered, params.back()));
  }
  std::string seen;
  new_.on_create = [&](mistify_sink, void *) {
    seen = new_.params.empty() ? "none yet" : "too early";
    return MISTIFY_OK;
  };
  EXPECT_EQ(host_->calls_in_flight(), 21U);
  EXPECT_TRUE(old_.calls.size() == 1U) << "a held call went to the old instance";

  EXPECT_TRUE(end_reload());

  EXPECT_EQ(seen, "none yet");
  EXPECT_EQ(new_.params, params);
  EXPECT_EQ(new_.calls, ids);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    EXPECT_FALSE(answers[i].ready());
    EXPECT_EQ(new_.complete(ids[i], params[i]), MISTIFY_OK);
    EXPECT_EQ(answers[i].get().result_json, params[i]);
  }
  EXPECT_EQ(host_->calls_in_flight(), 0U);
}

TEST_F(Reload, AHeldCallReachesThePluginAsTheCallerGaveIt) {
  load();
  std::string seen;
  std::int64_t answer_by_ns = 0;
  new_.on_call = [&](const mistify_request &request) {
    seen = sdk_test::text_of(request.method) + " " + sdk_test::text_of(request.params_json) + " " +
           sdk_test::text_of(request.trace_id);
    answer_by_ns = request.answer_by_ns;
    new_.api->progress(new_.host, request.call, lend(R"({"done":1})"));
    new_.complete(request.call, "1");
  };
  begin_reload();
  Answered answered;
  std::string progress;
  const std::int64_t before = now_ns();
  host_->dispatch({.method = std::string("Puppet.Read"),
                   .params_json = std::string("[1]"),
                   .trace_id = std::string("trace-1"),
                   .deadline = seconds(60),
                   .progress = [&](std::string_view json) { progress = json; }},
                  answered.completion());
  const std::int64_t after = now_ns();

  EXPECT_TRUE(end_reload());

  EXPECT_EQ(answered.get().result_json, "1");
  EXPECT_EQ(seen, "Puppet.Read [1] trace-1");
  EXPECT_EQ(progress, R"({"done":1})");
  EXPECT_GE(answer_by_ns, before + 60'000'000'000);
  EXPECT_LE(answer_by_ns, after + 60'000'000'000) << "the deadline is from the call's arrival";
}

TEST_F(Reload, AHeldCallWhoseDeadlinePassesIsAnsweredByTheHost) {
  load();
  begin_reload();
  Answered by_default;
  Answered by_caller;
  const CallId id = dispatch(by_default, "{}", "Puppet.Timed");
  host_->dispatch({.method = "Puppet.Change", .deadline = milliseconds(20)},
                  by_caller.completion());

  const Answer answer = by_default.get();

  EXPECT_EQ(answer.error->code, mistify::kFailed);
  EXPECT_EQ(answer.error->message,
            "Puppet.Timed: no answer before the deadline: the plugin is being reloaded");
  EXPECT_EQ(answer.error->data_json,
            R"({"kind":"timeout","retryable":true,"method":"Puppet.Timed","phase":"reload"})");
  EXPECT_TRUE(by_caller.get().error);
  EXPECT_FALSE(host_->cancel(id));
  EXPECT_EQ(host_->calls_in_flight(), 1U);
  EXPECT_TRUE(end_reload());
  EXPECT_TRUE(new_.calls.empty());
}

TEST_F(Reload, AHeldCallWhoseDeadlineIsNoneIsRefused) {
  load();
  begin_reload();
  Answered answered;
  EXPECT_EQ(
      host_->dispatch({.method = "Puppet.Change", .deadline = seconds(0)}, answered.completion()),
      0U);
  EXPECT_TRUE(answered.get().error);
  EXPECT_TRUE(end_reload());
  EXPECT_TRUE(new_.calls.empty());
}

TEST_F(Reload, AHeldCallMayBeCancelled) {
  load();
  begin_reload();
  Answered cancelled;
  Answered other;
  const CallId id = dispatch(cancelled);
  dispatch(other, "[2]");

  EXPECT_TRUE(host_->cancel(id));

  const Answer answer = cancelled.get();
  EXPECT_EQ(answer.error->message, "Puppet.Change: cancelled: the caller is gone");
  EXPECT_EQ(answer.error->data_json,
            R"({"kind":"cancelled","retryable":false,"method":"Puppet.Change","phase":"reload"})");
  EXPECT_FALSE(host_->cancel(id));
  EXPECT_EQ(host_->calls_in_flight(), 2U);
  EXPECT_TRUE(end_reload());
  EXPECT_EQ(new_.params, (std::vector<std::string>{"[2]"}));
}

TEST_F(Reload, HeldCallsCountAmongThoseInFlight) {
  load({.max_calls = 2});
  new_.answer_at_once();
  begin_reload();
  Answered held;
  Answered refused;
  dispatch(held);

  EXPECT_EQ(dispatch(refused), 0U);

  EXPECT_EQ(refused.get().error->code, mistify::kBusy);
  EXPECT_EQ(host_->calls_in_flight(), 2U);
  EXPECT_TRUE(end_reload());
  EXPECT_EQ(held.get().result_json, "{}");
  EXPECT_EQ(sdk_test::call(*host_, "Puppet.Change").result_json, "{}");
}

TEST_F(Reload, TheOldVersionIsShownUntilTheNewOneServes) {
  load();
  sdk_test::replace(file_, plugin("puppet_2"));
  begin_reload();
  EXPECT_EQ(host_->plugins().at(0).version, "1.0");
  EXPECT_TRUE(host_->has_method("Puppet.Timed"));
  EXPECT_EQ(host_->methods().size(), 3U);
  new_.on_start = [&](mistify_sink, void *) {
    EXPECT_EQ(host_->plugins().at(0).version, "1.0");
    EXPECT_EQ(host_->methods().at(2).name, "Puppet.Timed");
    return MISTIFY_OK;
  };
  EXPECT_TRUE(end_reload());
  EXPECT_EQ(host_->plugins().at(0).version, "2.0");
}

TEST_F(Reload, OtherPluginsServeMeanwhile) {
  load();
  host_->load(plugin("example_c"));
  begin_reload();
  EXPECT_EQ(sdk_test::call(*host_, "ExampleC.Echo", "[1]").result_json, "[1]");
  EXPECT_TRUE(end_reload());
  EXPECT_EQ(host_->plugins().at(0).name, "puppet") << "it keeps its place in the order of loading";
}

TEST_F(Reload, AHeldCallOfAMethodThatIsGoneIsNotFound) {
  load();
  sdk_test::replace(file_, plugin("puppet_2"));
  begin_reload();
  Answered gone;
  Answered stays;
  host_->dispatch({.method = "Puppet.Timed", .deadline = kPatience}, gone.completion());
  dispatch(stays);

  EXPECT_TRUE(end_reload());

  EXPECT_EQ(gone.get().error->code, mistify::kMethodNotFound);
  EXPECT_EQ(new_.calls.size(), 1U);
  EXPECT_EQ(host_->calls_in_flight(), 1U);
}

TEST_F(Reload, ACallThatComesWhileTheHeldOnesBeginDoesNotOvertakeThem) {
  load();
  Answered late;
  new_.on_call = [&](const mistify_request &request) {
    if (new_.params.empty())
      dispatch(late, "[\"late\"]");
    new_.params.push_back(sdk_test::text_of(request.params_json));
    new_.complete(request.call, "1");
  };
  begin_reload();
  std::vector<Answered> answers(3);
  for (const Answered &answered : answers)
    dispatch(answered, "[\"held\"]");

  EXPECT_TRUE(end_reload());

  EXPECT_EQ(new_.params,
            (std::vector<std::string>{"[\"held\"]", "[\"held\"]", "[\"held\"]", "[\"late\"]"}));
  EXPECT_EQ(late.get().result_json, "1");
}

TEST_F(Reload, ACrowdThatNeverEndsIsLetInAtLast) {
  load();
  int begun = 0;
  bool let_in = false;
  new_.on_call = [&](const mistify_request &request) {
    let_in = check() != kReloading;
    if (!let_in && ++begun < 10'000)
      host_->dispatch({.method = "Puppet.Change"}, [](const Answer &) {});
    new_.complete(request.call, "1");
  };
  begin_reload();
  Answered first;
  dispatch(first);

  EXPECT_TRUE(end_reload());

  EXPECT_TRUE(let_in);
  EXPECT_EQ(host_->calls_in_flight(), 0U);
}

TEST_F(Reload, WhatIsOpenAfterTheDrainIsCutShort) {
  load();
  Answered change;
  Answered read;
  dispatch(change);
  dispatch(read, "{}", "Puppet.Read");

  EXPECT_TRUE(host_->reload("puppet", milliseconds(10)));

  const Answer of_change = change.get();
  EXPECT_EQ(
      of_change.error->message,
      "Puppet.Change: cancelled: the plugin puppet is being reloaded; its outcome is unknown, "
      "look it up before it is sent again");
  EXPECT_EQ(
      of_change.error->data_json,
      R"({"kind":"unknown_outcome","retryable":false,"method":"Puppet.Change","phase":"reload"})");
  EXPECT_EQ(read.get().error->data_json,
            R"({"kind":"cancelled","retryable":true,"method":"Puppet.Read","phase":"reload"})");
  const auto lines = log_.of("");
  EXPECT_EQ(lines.at(lines.size() - 2),
            "the plugin puppet has not ended its calls in time: they are cut short");
  EXPECT_EQ(steps_.back(), "new create");
}

TEST_F(Reload, WaitsForTheHandlerThatIsOnAStack) {
  load();
  Door inside;
  Door leave;
  old_.on_call = [&](const mistify_request &request) {
    inside.open();
    leave.wait();
    steps_.emplace_back("old handler");
    old_.complete(request.call, "1");
  };
  Answered answered;
  std::thread caller([&] { dispatch(answered); });
  inside.wait();
  result_ = std::async(std::launch::async, [&] { return host_->reload("puppet", kPatience); });
  EXPECT_TRUE(sdk_test::comes_true([&] { return check() == sdk_test::kReloading; }));

  leave.open();

  EXPECT_TRUE(result_.get());
  caller.join();
  EXPECT_EQ(steps_, (Steps{"old handler", "old quiesce", "old stop", "old destroy", "new create"}));
  EXPECT_EQ(answered.get().result_json, "1");
}

} // namespace
