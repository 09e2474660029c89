// SPDX-License-Identifier: Apache-2.0
//
// mistify-mock-host validate: sound plugins pass, and each defect is found by its own check.
#include "fixture.hpp"

#include <gtest/gtest.h>
#include <json.hpp>

#include <algorithm>
#include <map>

namespace host_test {
namespace {

namespace json = mistify::json;

struct CheckResult {
  std::string result;
  std::vector<std::string> findings;
};
struct Report {
  std::optional<int> status;
  std::map<std::string, CheckResult> checks;
  std::string text;
};

std::string text_in(const json::Members &members, const char *key) {
  const json::Value *value = json::find(members, key);
  return value != nullptr ? json::text(*value) : "";
}

/// The JSON begins behind what the plugin, or a sanitizer, has printed.
Report read_report(const Outcome &outcome) {
  Report report{outcome.status, {}, outcome.output};
  const std::size_t begin = outcome.output.rfind("{\n  \"file\":");
  if (begin == std::string::npos)
    throw std::runtime_error("no report:\n" + outcome.output);
  const json::Members members = json::members(std::string_view(outcome.output).substr(begin));
  for (const json::Value &check : json::elements(json::find(members, "checks")->raw)) {
    const json::Members of_check = json::members(check.raw);
    CheckResult result{text_in(of_check, "result"), {}};
    if (const json::Value *findings = json::find(of_check, "findings")) {
      for (const json::Value &finding : json::elements(findings->raw))
        result.findings.push_back(json::text(finding));
    }
    report.checks.emplace(text_in(of_check, "check"), std::move(result));
  }
  return report;
}

std::string test_plugin(const std::string &name) {
  return TEST_PLUGINS "/" + name + ".so";
}

Report validate(const std::string &file, const std::vector<std::string> &more = {}) {
  std::vector<std::string> arguments = {MOCK_HOST, "validate", file, "--json"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  Process process({arguments, {}});
  Outcome outcome;
  outcome.status = process.wait(std::chrono::minutes(10));
  outcome.output = process.output();
  return read_report(outcome);
}

/// Not so short that a busy machine takes a sound plugin for one that hangs.
const std::vector<std::string> kPatient = {"--time-limit", "300"};

class Sound : public testing::TestWithParam<std::string> {};

TEST_P(Sound, PassesEveryCheck) {
  const Report report = validate(GetParam(), kPatient);
  EXPECT_EQ(report.status, 0) << report.text;
  EXPECT_GE(report.checks.size(), 29U);
  for (const auto &[name, check] : report.checks)
    EXPECT_NE(check.result, "failed") << name << "\n" << report.text;
  // What waits for another process may end before it can be cancelled; all else applies.
  for (const char *name : {"exports", "create", "hostile-params", "unload", "cycles"})
    EXPECT_EQ(report.checks.at(name).result, "passed") << report.text;
}

std::vector<std::string> sound_plugins() {
  return {
#if defined(MDOCKER_PLUGIN)
    MDOCKER_PLUGIN,
#endif
        test_plugin("example_c"), test_plugin("example_cpp"), test_plugin("defective/sound")
  };
}

INSTANTIATE_TEST_SUITE_P(Plugin, Sound, testing::ValuesIn(sound_plugins()), [](const auto &row) {
  return std::filesystem::path(row.param).stem().string();
});

struct Defect {
  const char *plugin;
  const char *check;
  const char *finding;        ///< Is in it; an extended regular expression.
  bool is_waited_for = false; ///< Found by what does not come.
};
class Defective : public testing::TestWithParam<Defect> {};

TEST_P(Defective, IsFoundByItsOwnCheck) {
  const Defect &defect = GetParam();
  const Report report =
      validate(test_plugin(defect.plugin),
               defect.is_waited_for ? std::vector<std::string>{"--time-limit", "20"} : kPatient);
  EXPECT_EQ(report.status, 1);
  for (const auto &[name, check] : report.checks) {
    if (name != defect.check) {
      EXPECT_NE(check.result, "failed") << name << "\n" << report.text;
      continue;
    }
    ASSERT_EQ(check.result, "failed") << report.text;
    EXPECT_TRUE(has_match(check.findings.front(), defect.finding)) << check.findings.front();
  }
}

const Defect kDefects[] = {
    {"broken/no_symbol", "load", "exports no mistify_plugin_entry_v1"},
    {"broken/unresolved", "load", "undefined symbol: mistify_nobody_defines_this"},
    {"defective/exports", "exports", "^exports defective_version$"},
    {"broken/null_table", "entry", "returned no table"},
    {"defective/entry", "entry", "returned another table at its second call"},
    {"broken/short_table", "table", "the table has 80 bytes, expected at least 88"},
    {"broken/tiny_table", "table", "of 4 bytes is too short for a version"},
    {"broken/other_major", "table", "is of version 2, expected 1"},
    {"broken/no_cancel", "table", "has no function cancel"},
    {"broken/name_with_space", "table", "the name is malformed"},
    {"defective/life_fails", "life", "^start failed with status -7: the moon is in the way$"},
    {"defective/life_busy", "life", "^stop says that the plugin is busy still", true},
    {"defective/life_hangs", "life", "^was not done after [0-9]+ ms: start$", true},
    {"defective/life_crashes", "life", "^(crashed|ended the host's process) .*: destroy$"},
    {"defective/create_descriptor", "create", "leaves a descriptor open: /dev/null"},
    {"defective/create_file", "create", "^create calls open"},
    {"defective/create_socket", "create", "^create calls socket$"},
    {"defective/create_thread", "create", "begins a thread: create$"},
    {"defective/config_accepted", "config", "accepts a configuration with an unknown key"},
    {"defective/config_silent", "config", "does not say why"},
    {"defective/methods_twice", "methods", "Defective.Echo was registered twice"},
    {"defective/methods_malformed", "methods", "\"Malformed\" has a malformed name"},
    {"defective/methods_late", "methods", "Defective.Late was registered outside create"},
    {"defective/refused_method", "refused-method", "succeeds though its methods' names are taken"},
    {"defective/older_host", "older-host", ": create with a host of version 1.0$"},
    {"defective/newer_host", "newer-host", "refuses a host of version 1.1 with status -1"},
    {"defective/other_major", "other-major", ": create with a host of major version 0$"},
    {"defective/other_major_status", "other-major", "with status -2, expected MISTIFY_E_ABI"},
    {"defective/short_table", "short-table", ": create with a host's table of 8 bytes$"},
    {"defective/borrowing_keeps", "borrowing", "^(crashed|ended the host's process)"},
    {"defective/borrowing_unbounded", "borrowing", ": Defective.Echo \\{\\}$"},
    {"defective/calls_crash", "hostile-params", ": Defective.Echo \"xxx"},
    {"defective/calls_unanswered", "hostile-params", "^not answered: Defective.Echo \\[", true},
    {"defective/calls_twice", "hostile-params", "^ended 2 times: Defective.Echo \\["},
    {"defective/answers_result", "answers", "the result is no JSON: Defective.Echo"},
    {"defective/answers_message", "answers", "message is not one line: Defective.Echo"},
    {"defective/answers_data", "answers", "data is no JSON object: Defective.Echo"},
    {"defective/readiness_unanswered", "readiness", "^not answered: ", true},
    {"defective/readiness_unsaid", "readiness", "without \"ready\", a boolean"},
    {"defective/any_thread", "any-thread", ": Defective.Echo \\{\\}$"},
    {"defective/cancel", "cancel", "not ended when it was cancelled: Defective.Hold", true},
    {"defective/cancel_of_ended", "cancel-of-ended", ": cancel of Defective.(Hold|Echo)"},
    {"defective/late_answer", "late-answer", "^(crashed|ended the host's process)"},
    {"defective/quiesce", "quiesce", "not ended after quiesce.*: Defective.Hold", true},
    {"defective/stop", "stop", "not ended when stop had succeeded: Defective.Hold"},
    {"defective/second_life", "second-life", "^create failed with status -3"},
    {"defective/unload", "unload", "is mapped still"},
    {"defective/threads", "threads", "has left 1 threads", true},
    {"defective/descriptors", "descriptors", "has left a descriptor: /dev/null"},
    {"defective/memory", "memory", "has left 1[0-9]{4} bytes in each of"},
    {"defective/cycles", "cycles", "^create failed with status -7"},
};
INSTANTIATE_TEST_SUITE_P(Plugin, Defective, testing::ValuesIn(kDefects), [](const auto &row) {
  std::string name = row.param.plugin;
  std::replace(name.begin(), name.end(), '/', '_');
  return name;
});

TEST(Checks, EachHasADefectThatItFinds) {
  const Report report = validate(test_plugin("broken/no_symbol"));
  for (const auto &row : report.checks) {
    EXPECT_TRUE(std::any_of(std::begin(kDefects), std::end(kDefects), [&](const Defect &defect) {
      return row.first == defect.check;
    })) << row.first;
  }
}

TEST(ValidateTable, IsForPeople) {
  const Outcome outcome = run_host(
      {"validate", test_plugin("defective/exports"), "--check", "load", "--check", "exports"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.output, "CHECK    RESULT  THE PLUGIN ...\n"
                            "load     passed  is a shared object with an entry, and loads\n"
                            "exports  FAILED  exports the entry alone\n"
                            "                   exports defective_version\n"
                            "1 passed, 1 failed, 0 not applicable\n");
}

} // namespace
} // namespace host_test
