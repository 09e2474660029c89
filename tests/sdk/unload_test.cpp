// SPDX-License-Identifier: Apache-2.0
//
// Taking a plugin down: in order, with nobody inside, and not while it is busy.
#include "puppet_host.hpp"

#include <thread>

namespace {

using mistify::Answer;
using mistify::Host;
using sdk_test::Answered;
using sdk_test::Door;
using sdk_test::kPatience;
using std::chrono::milliseconds;
using Unload = sdk_test::PuppetHost;

TEST_F(Unload, GoesThroughItsStepsInOrder) {
  load();
  std::string steps;
  mistify_call open = 0;
  puppet_.on_call = [&](const mistify_request &request) { open = request.call; };
  puppet_.on_quiesce = [&] { steps += "quiesce "; };
  puppet_.on_cancel = [&](mistify_call call) {
    EXPECT_EQ(call, open);
    steps += "cancel ";
  };
  puppet_.on_stop = [&](std::int64_t deadline_ns) {
    EXPECT_GT(deadline_ns, 0);
    EXPECT_EQ(complete(open, "1"), MISTIFY_E_STATE);
    steps += "stop ";
    return MISTIFY_OK;
  };
  puppet_.on_destroy = [&] { steps += "destroy "; };
  host_->dispatch({.method = "Puppet.Change"},
                  [&](const Answer &answer) { steps += answer.error->message + "; "; });

  EXPECT_TRUE(host_->unload("puppet", kPatience));

  EXPECT_EQ(steps,
            "quiesce Puppet.Change: cancelled: the plugin puppet is being unloaded; its outcome "
            "is unknown, look it up before it is sent again; cancel stop destroy ");
  EXPECT_EQ(sdk_test::mappings_of(sdk_test::plugin("puppet")), 0U);
  EXPECT_EQ(host_->calls_in_flight(), 0U);
  EXPECT_TRUE(host_->plugins().empty());
  EXPECT_EQ(sdk_test::call(*host_, "Puppet.Change").error->code, mistify::kMethodNotFound);
  EXPECT_THROW(host_->unload("puppet", kPatience), std::out_of_range);
}

TEST_F(Unload, SaysOfAChangeThatItsOutcomeIsUnknownAndOfAReadThatItMayBeAskedAgain) {
  load();
  puppet_.on_call = [](const mistify_request &) {};
  Answered change;
  Answered read;
  host_->dispatch({.method = "Puppet.Change"}, change.completion());
  host_->dispatch({.method = "Puppet.Read"}, read.completion());

  EXPECT_TRUE(host_->unload("puppet", kPatience));

  EXPECT_EQ(
      change.get().error->data_json,
      R"({"kind":"unknown_outcome","retryable":false,"method":"Puppet.Change","phase":"unload"})");
  const Answer of_read = read.get();
  EXPECT_EQ(of_read.error->message, "Puppet.Read: cancelled: the plugin puppet is being unloaded");
  EXPECT_EQ(of_read.error->data_json,
            R"({"kind":"cancelled","retryable":true,"method":"Puppet.Read","phase":"unload"})");
}

TEST_F(Unload, WaitsForTheHandlerThatIsOnAStack) {
  load();
  Door inside;
  Door leave;
  std::string steps;
  puppet_.on_call = [&](const mistify_request &request) {
    inside.open();
    leave.wait();
    steps += "handler ";
    complete(request.call, "1");
  };
  puppet_.on_quiesce = [&] { steps += "quiesce "; };
  Answered answered;
  std::thread caller([&] { host_->dispatch({.method = "Puppet.Change"}, answered.completion()); });
  inside.wait();
  EXPECT_FALSE(host_->unload("puppet", milliseconds(10))) << "the handler has not returned";
  EXPECT_EQ(steps, "");
  Answered refused;
  EXPECT_EQ(host_->dispatch({.method = "Puppet.Change"}, refused.completion()), 0U);
  const Answer busy = refused.get();
  EXPECT_EQ(busy.error->code, mistify::kBusy);
  EXPECT_EQ(busy.error->data_json,
            R"({"kind":"busy","retryable":true,"method":"Puppet.Change","phase":"unload"})");
  EXPECT_TRUE(host_->has_method("Puppet.Change"));

  std::thread opener([&] { leave.open(); });
  EXPECT_TRUE(host_->unload("puppet", kPatience));
  opener.join();
  caller.join();

  EXPECT_EQ(steps, "handler quiesce ");
  EXPECT_EQ(answered.get().result_json, "1");
}

TEST_F(Unload, WaitsForTheCancelThatIsOnAStack) {
  load();
  Door inside;
  Door leave;
  std::string steps;
  mistify_call open = 0;
  puppet_.on_call = [&](const mistify_request &request) { open = request.call; };
  puppet_.on_cancel = [&](mistify_call) {
    inside.open();
    leave.wait();
    steps += "cancel ";
  };
  puppet_.on_stop = [&](std::int64_t) {
    steps += "stop ";
    return MISTIFY_OK;
  };
  Answered answered;
  host_->dispatch({.method = "Puppet.Change"}, answered.completion());
  std::thread canceller([&] { host_->cancel(open); });
  inside.wait();
  EXPECT_FALSE(host_->unload("puppet", milliseconds(10)));
  leave.open();
  EXPECT_TRUE(host_->unload("puppet", kPatience));
  canceller.join();
  EXPECT_EQ(steps, "cancel stop ");
}

TEST_F(Unload, APluginThatIsBusyStaysAndMayBeAskedAgain) {
  sdk_test::Log log;
  Host host({.log = log.function()});
  host.load(sdk_test::broken("stop_busy_once"));

  EXPECT_FALSE(host.unload("broken", kPatience));

  EXPECT_GT(sdk_test::mappings_of(sdk_test::broken("stop_busy_once")), 0U);
  ASSERT_EQ(host.plugins().size(), 1U);
  EXPECT_EQ(sdk_test::call(host, "Broken.Method").error->code, mistify::kBusy);
  Answered check;
  host.check("broken", kPatience, check.completion());
  EXPECT_EQ(check.get().error->code, mistify::kBusy);
  EXPECT_EQ(log.of("").back(),
            "the plugin broken is busy still (stop returned -6) and stays loaded");

  EXPECT_TRUE(host.unload("broken", kPatience));

  EXPECT_EQ(sdk_test::mappings_of(sdk_test::broken("stop_busy_once")), 0U);
  EXPECT_EQ(log.of("broken"),
            (std::vector<std::string>{"create", "start", "quiesce", "stop", "stop", "destroy"}));
}

TEST_F(Unload, WhatThePluginLeavesOpenIsClosedAndSaid) {
  load();
  puppet_.on_call = [](const mistify_request &) {};
  Answered answered;
  host_->dispatch({.method = "Puppet.Change"}, answered.completion());
  EXPECT_TRUE(host_->unload("puppet", kPatience));
  EXPECT_TRUE(answered.get().error);
  EXPECT_EQ(host_->calls_in_flight(), 0U);
  const auto lines = log_.of("");
  ASSERT_GE(lines.size(), 2U);
  EXPECT_EQ(lines[lines.size() - 2], "the plugin puppet stopped, but left 1 calls open");
}

TEST_F(Unload, APluginComesBackAfterItWasUnloaded) {
  load();
  puppet_.on_call = [&](const mistify_request &request) { complete(request.call, "1"); };
  EXPECT_TRUE(host_->unload("puppet", kPatience));
  host_->load(sdk_test::plugin("puppet"));
  EXPECT_EQ(sdk_test::call(*host_, "Puppet.Change").result_json, "1");
}

TEST_F(Unload, DrainWaitsForTheLastCall) {
  load();
  mistify_call open = 0;
  puppet_.on_call = [&](const mistify_request &request) { open = request.call; };
  EXPECT_TRUE(host_->drain(milliseconds(0)));
  Answered answered;
  host_->dispatch({.method = "Puppet.Change"}, answered.completion());
  EXPECT_FALSE(host_->drain(milliseconds(5)));
  std::thread ender([&] { complete(open, "1"); });
  EXPECT_TRUE(host_->drain(kPatience));
  EXPECT_TRUE(answered.ready());
  ender.join();
}

TEST_F(Unload, DrainWaitsUntilTheLastCompletionHasReturned) {
  load();
  mistify_call open = 0;
  puppet_.on_call = [&](const mistify_request &request) { open = request.call; };
  Door inside;
  Door leave;
  std::atomic<bool> returned{false};
  host_->dispatch({.method = "Puppet.Change"}, [&](const Answer &) {
    inside.open();
    leave.wait();
    returned = true;
  });
  std::thread ender([&] { complete(open, "1"); });
  inside.wait();
  EXPECT_EQ(host_->calls_in_flight(), 0U);
  EXPECT_FALSE(host_->drain(milliseconds(5)));
  leave.open();
  EXPECT_TRUE(host_->drain(kPatience));
  EXPECT_TRUE(returned);
  ender.join();
}

TEST_F(Unload, ShutdownTakesTheLastLoadedFirstAndRefusesNewCalls) {
  load();
  host_->load(sdk_test::broken("longer_table"));
  std::vector<std::string> seen;
  puppet_.on_quiesce = [&] {
    seen = log_.of("broken");
    Answered refused;
    EXPECT_EQ(host_->dispatch({.method = "Puppet.Change"}, refused.completion()), 0U);
    EXPECT_EQ(
        refused.get().error->data_json,
        R"({"kind":"unavailable","retryable":true,"method":"Puppet.Change","phase":"shutdown"})");
  };
  EXPECT_TRUE(host_->shutdown(kPatience));
  EXPECT_EQ(seen, (std::vector<std::string>{"create", "start", "quiesce", "stop", "destroy"}));
  EXPECT_TRUE(host_->plugins().empty());
  EXPECT_TRUE(host_->shutdown(kPatience));
}

TEST_F(Unload, ShutdownGoesOnPastABusyPlugin) {
  load();
  host_->load(sdk_test::broken("stop_busy_once"));
  EXPECT_FALSE(host_->shutdown(kPatience));
  ASSERT_EQ(host_->plugins().size(), 1U);
  EXPECT_EQ(host_->plugins()[0].name, "broken");
  EXPECT_TRUE(host_->shutdown(kPatience));
}

TEST_F(Unload, TheDestructorEndsWhatIsOpen) {
  load();
  puppet_.on_call = [](const mistify_request &) {};
  Answered answered;
  host_->dispatch({.method = "Puppet.Change"}, answered.completion());
  host_.reset();
  ASSERT_TRUE(answered.ready());
  EXPECT_TRUE(answered.get().error);
  EXPECT_EQ(sdk_test::mappings_of(sdk_test::plugin("puppet")), 0U);
}

TEST_F(Unload, APluginThatNeverStopsOutlivesItsHost) {
  // What never stops may be called for the rest of the process, and its file stays mapped.
  const sdk_test::TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "immortal.so";
  std::filesystem::copy_file(sdk_test::plugin("puppet"), file);
  static Puppet immortal;
  static mistify_call open;
  std::vector<std::string> lines;
  Answered answered;
  immortal.on_call = [](const mistify_request &request) { open = request.call; };
  immortal.on_stop = [](std::int64_t) { return MISTIFY_E_TIMEOUT; };
  {
    Host host({.log = [&](auto, auto, auto, int,
                          std::string_view message) { lines.emplace_back(message); },
               .config = [](std::string_view) { return immortal.config(); }});
    host.load(file);
    host.dispatch({.method = "Puppet.Change"}, answered.completion());
  }
  EXPECT_TRUE(answered.get().error);
  EXPECT_EQ(lines.back(), "the plugin puppet never stopped: it stays loaded, and what it uses of "
                          "the host stays as well");
  const std::size_t said = lines.size();

  EXPECT_EQ(immortal.api->complete(immortal.host, open, sdk_test::lend("1")), MISTIFY_E_STATE);
  immortal.api->log(immortal.host, MISTIFY_LOG_ERROR, {}, 0, sdk_test::lend("still here"));

  EXPECT_EQ(lines.size(), said) << "a log of a Host that is gone must not be used";
  EXPECT_GT(sdk_test::mappings_of(file), 0U);
}

} // namespace
