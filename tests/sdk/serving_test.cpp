// SPDX-License-Identifier: Apache-2.0
//
// What plugins register, are checked for and log, one beside another.
#include "puppet_host.hpp"

#include <thread>

namespace {

using mistify::Answer;
using mistify::Host;
using sdk_test::Answered;
using sdk_test::kPatience;
using Serving = sdk_test::PuppetHost;

TEST_F(Serving, ACheckIsACallWithoutAName) {
  load();
  puppet_.on_check = [&](const mistify_request &request) {
    EXPECT_EQ(request.method.len, 0U);
    EXPECT_EQ(std::string_view(request.params_json.ptr, request.params_json.len), "{}");
    EXPECT_NE(request.deadline_ns, MISTIFY_NO_DEADLINE);
    complete(request.call, R"({"ready":true,"engine":"1.41"})");
  };
  Answered answered;
  EXPECT_NE(host_->check("puppet", std::chrono::seconds(5), answered.completion()), 0U);
  EXPECT_EQ(answered.get().result_json, R"({"ready":true,"engine":"1.41"})");
}

TEST_F(Serving, APluginWithoutACheckIsReady) {
  Host host({});
  host.load(sdk_test::broken("longer_table"));
  Answered answered;
  EXPECT_EQ(host.check("broken", std::chrono::seconds(5), answered.completion()), 0U);
  EXPECT_EQ(answered.get().result_json, R"({"ready":true})");
}

TEST_F(Serving, ACheckOfAnUnknownPluginIsAnError) {
  load();
  Answered answered;
  EXPECT_EQ(host_->check("nobody", std::chrono::seconds(5), answered.completion()), 0U);
  EXPECT_EQ(answered.get().error->message, "no such plugin: \"nobody\"");
}

TEST_F(Serving, TwoPluginsServeSideBySide) {
  Host host({});
  host.load(sdk_test::plugin("example_c"));
  host.load(sdk_test::plugin("example_cpp"));
  EXPECT_EQ(sdk_test::call(host, "ExampleC.Echo", "{\"a\":1}").result_json, "{\"a\":1}");
  EXPECT_EQ(sdk_test::call(host, "ExampleCpp.Echo", "{\"b\":2}").result_json, "{\"b\":2}");
  EXPECT_TRUE(host.has_method("ExampleC.Wait"));
  EXPECT_FALSE(host.has_method("ExampleC"));

  EXPECT_TRUE(host.unload("example_c", kPatience));

  EXPECT_EQ(sdk_test::call(host, "ExampleC.Echo").error->code, mistify::kMethodNotFound);
  EXPECT_EQ(sdk_test::call(host, "ExampleCpp.Echo", "{}").result_json, "{}");
}

TEST_F(Serving, MethodsAreListedByNameWithWhatTheyWereRegisteredWith) {
  Host host({});
  host.load(sdk_test::plugin("example_c"));
  const auto methods = host.methods();
  ASSERT_EQ(methods.size(), 3U);
  EXPECT_EQ(methods[0].name, "ExampleC.Count");
  EXPECT_EQ(methods[1].name, "ExampleC.Echo");
  EXPECT_EQ(methods[2].name, "ExampleC.Wait");
  EXPECT_EQ(methods[2].plugin, "example_c");
  EXPECT_EQ(methods[2].summary, "Answers after a while");
  EXPECT_EQ(methods[2].default_deadline, std::chrono::seconds(10));
  EXPECT_TRUE(methods[2].read_only);
  EXPECT_EQ(
      methods[2].params_schema_json,
      R"({"type":"object","required":["ms"],"properties":{"ms":{"type":"integer","minimum":0}}})");
}

TEST_F(Serving, TheCppSkinTurnsWhatAHandlerThrowsIntoAnError) {
  Host host({});
  host.load(sdk_test::plugin("example_cpp"));
  const Answer thrown = sdk_test::call(host, "ExampleCpp.Throw");
  ASSERT_TRUE(thrown.error);
  EXPECT_EQ(thrown.error->code, mistify::kFailed);
  EXPECT_EQ(thrown.error->message, "thrown on purpose");
  const Answer invalid = sdk_test::call(host, "ExampleCpp.Progress", R"({"count":"x"})");
  ASSERT_TRUE(invalid.error);
  EXPECT_EQ(invalid.error->code, mistify::kInvalidParams);
  const Answer failed = sdk_test::call(host, "ExampleCpp.Fail",
                                       R"({"code":7,"message":"no","data":{"kind":"busy"}})");
  ASSERT_TRUE(failed.error);
  EXPECT_EQ(failed.error->code, 7);
  EXPECT_EQ(failed.error->message, "no");
  EXPECT_EQ(failed.error->data_json, R"({"kind":"busy"})");
}

TEST_F(Serving, RegistersOnlyWellFormedMethodsAndOnlyInsideCreate) {
  struct Case {
    const char *what;
    std::function<void(mistify_method &)> change;
    mistify_status status;
  };
  const std::string long_name = "A." + std::string(127, 'b');
  const Case cases[] = {
      {"sound", [](mistify_method &) {}, MISTIFY_OK},
      {"the same again", [](mistify_method &) {}, MISTIFY_E_EXISTS},
      {"no name", [](mistify_method &m) { m.name = {}; }, MISTIFY_E_INVALID},
      {"no dot", [](mistify_method &m) { m.name = sdk_test::lend("Name"); }, MISTIFY_E_INVALID},
      {"dot first", [](mistify_method &m) { m.name = sdk_test::lend(".Name"); }, MISTIFY_E_INVALID},
      {"dot last", [](mistify_method &m) { m.name = sdk_test::lend("Name."); }, MISTIFY_E_INVALID},
      {"space", [](mistify_method &m) { m.name = sdk_test::lend("A. B"); }, MISTIFY_E_INVALID},
      {"129 bytes", [&](mistify_method &m) { m.name = sdk_test::lend(long_name); },
       MISTIFY_E_INVALID},
      {"name without text",
       [](mistify_method &m) {
         m.name = {nullptr, 5};
       },
       MISTIFY_E_INVALID},
      {"no handler", [](mistify_method &m) { m.handler = nullptr; }, MISTIFY_E_INVALID},
      {"short", [](mistify_method &m) { m.struct_size = 40; }, MISTIFY_E_INVALID},
      {"negative deadline", [](mistify_method &m) { m.default_deadline_ms = -1; },
       MISTIFY_E_INVALID},
      {"absurd deadline", [](mistify_method &m) { m.default_deadline_ms = INT64_MAX; },
       MISTIFY_E_INVALID},
      {"schema no JSON", [](mistify_method &m) { m.params_schema_json = sdk_test::lend("{"); },
       MISTIFY_E_INVALID},
      {"schema an array", [](mistify_method &m) { m.result_schema_json = sdk_test::lend("[]"); },
       MISTIFY_E_INVALID},
      {"128 bytes",
       [&](mistify_method &m) {
         m.name = {long_name.data(), 128};
       },
       MISTIFY_OK},
      {"unknown flags",
       [](mistify_method &m) {
         m.flags = ~0U;
         m.name = sdk_test::lend("Extra.Flags");
       },
       MISTIFY_OK},
  };
  const auto add = [&](const Case &c) {
    mistify_method method{};
    method.struct_size = sizeof method;
    method.name = sdk_test::lend("Extra.Method");
    method.handler = [](mistify_plugin *, void *, const mistify_request *) noexcept {};
    c.change(method);
    return puppet_.api->register_method(puppet_.host, &method);
  };
  puppet_.on_create = [&](mistify_sink, void *) {
    for (const Case &c : cases)
      if (c.status != MISTIFY_E_EXISTS) {
        EXPECT_EQ(add(c), c.status) << c.what;
      }
    EXPECT_EQ(puppet_.api->register_method(puppet_.host, nullptr), MISTIFY_E_INVALID);
    EXPECT_EQ(puppet_.api->config(puppet_.host, nullptr, nullptr), MISTIFY_E_INVALID);
    return MISTIFY_OK;
  };
  load();
  EXPECT_TRUE(host_->has_method("Extra.Method"));
  EXPECT_TRUE(host_->has_method(long_name.substr(0, 128)));
  EXPECT_EQ(host_->methods().size(), 6U);
  for (const Case &c : cases)
    EXPECT_EQ(add(c), MISTIFY_E_STATE) << c.what;
  EXPECT_EQ(puppet_.api->get_extension(puppet_.host, sdk_test::lend("none")), nullptr);
}

TEST_F(Serving, APluginsLogIsNamedLevelledAndOnOneLine) {
  load(
      {.log_enabled = [](mistify::LogLevel level) { return level >= mistify::LogLevel::warning; }});
  puppet_.api->log(puppet_.host, MISTIFY_LOG_WARNING, sdk_test::lend("file.cpp"), 12,
                   sdk_test::lend("one\ntwo"));
  puppet_.api->log(puppet_.host, 99, {}, 0, {nullptr, 7});
  const auto lines = log_.lines();
  ASSERT_GE(lines.size(), 2U);
  EXPECT_EQ(lines[lines.size() - 2].plugin, "puppet");
  EXPECT_EQ(lines[lines.size() - 2].message, "one\\ntwo");
  EXPECT_EQ(lines[lines.size() - 2].level, mistify::LogLevel::warning);
  EXPECT_EQ(lines.back().level, mistify::LogLevel::error);
  EXPECT_EQ(lines.back().message, "");
  EXPECT_EQ(puppet_.api->log_enabled(puppet_.host, MISTIFY_LOG_INFO), 0);
  EXPECT_EQ(puppet_.api->log_enabled(puppet_.host, MISTIFY_LOG_ERROR), 1);
}

TEST_F(Serving, APluginIsLoadedWhileAnotherServes) {
  load();
  puppet_.on_call = [&](const mistify_request &request) { complete(request.call, "1"); };
  std::atomic<bool> stop{false};
  std::atomic<int> answers{0};
  std::thread caller([&] {
    while (!stop) {
      host_->dispatch({.method = "Puppet.Read"}, [&](const Answer &answer) {
        if (answer.result_json == "1")
          ++answers;
      });
    }
  });
  for (int i = 0; i < 20; ++i) {
    host_->load(sdk_test::plugin("example_c"));
    EXPECT_EQ(sdk_test::call(*host_, "ExampleC.Echo", "2").result_json, "2");
    EXPECT_TRUE(host_->unload("example_c", kPatience));
  }
  stop = true;
  caller.join();
  EXPECT_GT(answers.load(), 0);
}

} // namespace
