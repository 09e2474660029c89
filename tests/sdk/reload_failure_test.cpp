// SPDX-License-Identifier: Apache-2.0
//
// A reload that fails leaves a plugin that serves, wherever there is one.
#include "reload_host.hpp"

#include <fstream>
#include <thread>

namespace {

using mistify::Answer;
using mistify::Host;
using mistify::LoadError;
using mistify::LoadFailure;
using sdk_test::Answered;
using sdk_test::broken;
using sdk_test::Door;
using sdk_test::kPatience;
using sdk_test::Log;
using sdk_test::plugin;
using std::chrono::milliseconds;
namespace fs = std::filesystem;
using Steps = std::vector<std::string>;

struct Refusal {
  bool refused = false;
  LoadFailure failure{};
  std::string what;
};

Refusal refusal_of(Host &host, std::string_view name) {
  try {
    EXPECT_TRUE(host.reload(name, kPatience));
  } catch (const LoadError &error) {
    return {true, error.failure(), error.what()};
  }
  return {};
}

/// A file, the failure that a reload with it ends in, and why (behind the path).
struct BadFile {
  const char *name;
  LoadFailure failure;
  std::string why;
  Steps steps = {}; // what the new instance says of it
};
void PrintTo(const BadFile &file, std::ostream *out) {
  *out << file.name;
}

/// A sound plugin "broken" at a path of its own, beside one that has a method of another.
class BadReload : public testing::TestWithParam<BadFile> {
protected:
  BadReload() {
    sdk_test::replace(file_, broken("longer_table"));
    host_.load(plugin("example_c"));
    host_.load(file_);
    loaded_ = log_.of("broken");
  }
  /// What the plugin has logged since it was loaded.
  [[nodiscard]] Steps steps() const {
    Steps all = log_.of("broken");
    return {all.begin() + static_cast<std::ptrdiff_t>(loaded_.size()), all.end()};
  }
  void expect_it_serves() {
    EXPECT_EQ(sdk_test::call(host_, "Broken.Method").result_json, "{}");
    EXPECT_EQ(sdk_test::call(host_, "ExampleC.Echo", "[1]").result_json, "[1]");
    EXPECT_EQ(host_.plugins().size(), 2U);
    EXPECT_EQ(host_.calls_in_flight(), 0U);
  }

  sdk_test::TemporaryFolder folder_;
  fs::path file_ = folder_.path() / "broken.so";
  Log log_;
  Host host_{{.log = log_.function()}};
  Steps loaded_;
};

using FileThatIsNoGood = BadReload;

TEST_P(FileThatIsNoGood, LeavesTheOldInstanceUndisturbed) {
  sdk_test::replace(file_, broken(GetParam().name));

  const Refusal refusal = refusal_of(host_, "broken");

  EXPECT_EQ(refusal.failure, GetParam().failure);
  EXPECT_EQ(refusal.what, file_.string() + ": " + GetParam().why);
  EXPECT_EQ(steps(), Steps{});
  EXPECT_EQ(sdk_test::mappings_of(file_), 0U);
  EXPECT_GT(sdk_test::old_mappings_of(file_), 0U);
  expect_it_serves();
}

INSTANTIATE_TEST_SUITE_P(
    Reload, FileThatIsNoGood,
    testing::Values(
        BadFile{"unresolved", LoadFailure::not_loadable,
                "cannot be loaded: undefined symbol: mistify_nobody_defines_this"},
        BadFile{"no_symbol", LoadFailure::symbol_absent,
                "exports no mistify_plugin_entry_v1 (not a plugin, or of another major version)"},
        BadFile{"null_table", LoadFailure::no_table, "mistify_plugin_entry_v1 returned no table"},
        BadFile{"other_major", LoadFailure::major_differs,
                "is built for version 2.0 of the plugin ABI, this host speaks version 1"},
        BadFile{"short_table", LoadFailure::table_too_short,
                "the table has 80 bytes, version 1 has at least 88"},
        BadFile{"no_stop", LoadFailure::function_missing, "the table has no function stop"},
        BadFile{"name_null", LoadFailure::name_malformed, "the table has no name or no version"},
        BadFile{"../example_cpp", LoadFailure::name_differs,
                "holds the plugin example_cpp by now, expected broken"}),
    [](const auto &test) {
      return test.param.failure == LoadFailure::name_differs ? "another_plugin"
                                                             : std::string(test.param.name);
    });

class NoFile : public BadReload {};

TEST_F(NoFile, LeavesTheOldInstanceUndisturbed) {
  fs::remove(file_);
  const Refusal refusal = refusal_of(host_, "broken");
  EXPECT_EQ(refusal.failure, LoadFailure::no_such_file);
  EXPECT_EQ(refusal.what, file_.string() + ": no such file");
  EXPECT_EQ(steps(), Steps{});
  expect_it_serves();
}

TEST_F(NoFile, NorDoesAText) {
  std::ofstream(folder_.path() / "text") << "no plugin";
  fs::rename(folder_.path() / "text", file_);
  const Refusal refusal = refusal_of(host_, "broken");
  EXPECT_EQ(refusal.failure, LoadFailure::not_a_shared_object);
  EXPECT_EQ(steps(), Steps{});
  expect_it_serves();
}

TEST_F(NoFile, APluginThatIsNotLoadedIsNotReloaded) {
  EXPECT_THROW(static_cast<void>(host_.reload("nobody", kPatience)), std::out_of_range);
}

using InstanceThatFails = BadReload;

TEST_P(InstanceThatFails, BringsTheOldOneBack) {
  sdk_test::replace(file_, broken(GetParam().name));

  const Refusal refusal = refusal_of(host_, "broken");

  EXPECT_EQ(refusal.failure, GetParam().failure);
  EXPECT_EQ(refusal.what,
            file_.string() + ": " + GetParam().why + "; the older one serves again, broken 0.1");
  Steps expected = {"quiesce", "stop", "destroy"};
  expected.insert(expected.end(), GetParam().steps.begin(), GetParam().steps.end());
  expected.insert(expected.end(), {"create", "start"});
  EXPECT_EQ(steps(), expected);
  EXPECT_EQ(sdk_test::mappings_of(file_), 0U);
  EXPECT_GT(sdk_test::old_mappings_of(file_), 0U);
  expect_it_serves();

  sdk_test::replace(file_, broken("longer_table"));
  EXPECT_TRUE(host_.reload("broken", kPatience));

  EXPECT_EQ(sdk_test::old_mappings_of(file_), 0U);
  expect_it_serves();
}

INSTANTIATE_TEST_SUITE_P(
    Reload, InstanceThatFails,
    testing::Values(BadFile{"create_reason",
                            LoadFailure::create_failed,
                            "the engine is painted\\nred: expected blue",
                            {"create"}},
                    BadFile{"create_empty",
                            LoadFailure::create_failed,
                            "create succeeded but made no instance",
                            {"create"}},
                    BadFile{"method_twice_ignored",
                            LoadFailure::method_taken,
                            "the method Broken.Method is registered twice",
                            {"create", "destroy"}},
                    BadFile{"method_of_another",
                            LoadFailure::method_taken,
                            "the method ExampleC.Echo is a method of the plugin example_c",
                            {"create"}},
                    BadFile{"start_fails",
                            LoadFailure::start_failed,
                            "no thread could be started",
                            {"create", "start", "destroy"}}),
    [](const auto &test) { return std::string(test.param.name); });

using Reload = sdk_test::ReloadHost;

mistify_status fail_to_create(mistify_sink reason, void *ctx) {
  reason(ctx, sdk_test::lend("no strings"));
  return MISTIFY_E_INVALID;
}

TEST_F(Reload, TheOldOneIsBroughtBackWithTheConfigurationItHadAndTakesTheHeldCalls) {
  load();
  new_.on_start = fail_to_create;
  sdk_test::replace(file_, plugin("puppet_2"));
  begin_reload();
  Answered held;
  dispatch(held, "[1]");
  Answered of_the_old;
  host_->dispatch({.method = "Puppet.Timed", .deadline = kPatience}, of_the_old.completion());

  EXPECT_THROW(end_reload(), LoadError);

  EXPECT_EQ(steps_, (Steps{"old quiesce", "old stop", "old destroy", "new create", "new destroy",
                           "old create"}));
  ASSERT_EQ(old_.params.size(), 3U); // the first was there before
  EXPECT_EQ(old_.params[1], "[1]");
  EXPECT_EQ(old_.complete(old_.calls[1], "1"), MISTIFY_OK);
  EXPECT_EQ(held.get().result_json, "1");
  EXPECT_EQ(old_.complete(old_.calls[2], "2"), MISTIFY_OK);
  EXPECT_EQ(of_the_old.get().result_json, "2");
}

TEST_F(Reload, WhatTheConfigurationThrowsComesOutAndLeavesTheOldInstanceUndisturbed) {
  bool fails = false;
  host_.emplace(mistify::HostOptions{.config = [&](std::string_view) -> std::string {
    if (fails)
      throw std::domain_error("none");
    return old_.config();
  }});
  old_.answer_at_once();
  sdk_test::replace(file_, plugin("puppet"));
  host_->load(file_);
  fails = true;

  EXPECT_THROW(static_cast<void>(host_->reload("puppet", kPatience)), std::domain_error);

  EXPECT_EQ(steps_, Steps{"old create"});
  EXPECT_EQ(sdk_test::call(*host_, "Puppet.Change").result_json, "{}");
}

TEST_F(Reload, WhereNeitherCanBeCreatedThePluginIsGone) {
  load();
  old_.on_create = fail_to_create;
  new_.on_create = fail_to_create;
  sdk_test::replace(file_, plugin("puppet_2"));
  begin_reload();
  Answered held;
  dispatch(held);
  std::string what;

  try {
    end_reload();
  } catch (const LoadError &error) {
    EXPECT_EQ(error.failure(), LoadFailure::create_failed);
    what = error.what();
  }

  EXPECT_EQ(what, file_.string() + ": no strings; the older one could not be brought back (" +
                      file_.string() + ": no strings): the plugin puppet is gone");
  const Answer answer = held.get();
  EXPECT_EQ(answer.error->code, mistify::kBusy);
  EXPECT_EQ(answer.error->message, "Puppet.Change: the plugin could not be reloaded, and is gone");
  EXPECT_EQ(answer.error->data_json,
            R"({"kind":"unavailable","retryable":true,"method":"Puppet.Change","phase":"reload"})");
  EXPECT_TRUE(host_->plugins().empty());
  EXPECT_TRUE(host_->methods().empty());
  EXPECT_EQ(sdk_test::call(*host_, "Puppet.Change").error->code, mistify::kMethodNotFound);
  EXPECT_EQ(sdk_test::mappings_of(file_) + sdk_test::old_mappings_of(file_), 0U);
  EXPECT_EQ(host_->calls_in_flight(), 0U);

  new_.on_create = nullptr;
  host_->load(file_);
  EXPECT_EQ(host_->plugins().at(0).version, "2.0");
}

TEST_F(Reload, AnOldInstanceThatIsBusyStaysAndMayBeReloadedAgain) {
  load();
  new_.answer_at_once();
  sdk_test::replace(file_, plugin("puppet_2"));
  Answered held;
  old_.on_stop = [&](std::int64_t) {
    dispatch(held);
    return MISTIFY_E_TIMEOUT;
  };

  EXPECT_FALSE(host_->reload("puppet", kPatience));

  EXPECT_EQ(steps_, Steps{"old quiesce"});
  const Answer answer = held.get();
  EXPECT_EQ(answer.error->code, mistify::kBusy);
  EXPECT_EQ(answer.error->message,
            "Puppet.Change: the plugin could not be reloaded, it is busy with older calls");
  EXPECT_EQ(answer.error->data_json,
            R"({"kind":"busy","retryable":true,"method":"Puppet.Change","phase":"reload"})");
  EXPECT_EQ(log_.of("").back(),
            "the plugin puppet is busy still (stop returned -6) and stays loaded");
  EXPECT_EQ(sdk_test::call(*host_, "Puppet.Change").error->code, mistify::kBusy);
  EXPECT_EQ(host_->plugins().at(0).version, "1.0");

  old_.on_stop = nullptr;
  EXPECT_TRUE(host_->reload("puppet", kPatience));

  EXPECT_EQ(steps_, (Steps{"old quiesce", "old destroy", "new create"}));
  EXPECT_EQ(host_->plugins().at(0).version, "2.0");
  EXPECT_EQ(sdk_test::call(*host_, "Puppet.Change").result_json, "{}");
}

TEST_F(Reload, AHandlerThatDoesNotReturnIsBusyToo) {
  load();
  Door inside;
  Door leave;
  old_.on_call = [&](const mistify_request &request) {
    inside.open();
    leave.wait();
    old_.complete(request.call, "1");
  };
  Answered answered;
  std::thread caller([&] { dispatch(answered); });
  inside.wait();

  EXPECT_FALSE(host_->reload("puppet", milliseconds(1), milliseconds(1)));

  EXPECT_EQ(steps_, Steps{});
  leave.open();
  caller.join();
  EXPECT_EQ(answered.get().result_json, "1");
  EXPECT_TRUE(host_->unload("puppet", kPatience));
}

} // namespace
