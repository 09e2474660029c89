// SPDX-License-Identifier: Apache-2.0
#include "fixture.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace host_test {
namespace {

struct Row {
  const char *name;
  std::vector<std::string> arguments;
  std::vector<std::string> environment;
  int status;
  std::string output; ///< Is in it.
};

class WrongUse : public testing::TestWithParam<Row> {};

TEST_P(WrongUse, IsSaidInOneLine) {
  const Row &row = GetParam();
  const Outcome outcome = run_host(row.arguments, row.environment);
  EXPECT_EQ(outcome.status, row.status);
  EXPECT_EQ(wire::lines(outcome.output).size(), 1U) << outcome.output;
  EXPECT_EQ(outcome.output.substr(0, 19), "mistify-mock-host: ");
  EXPECT_NE(outcome.output.find(row.output), std::string::npos) << outcome.output;
}

const Row kRows[] = {
    {"unknown_flag",
     {"--prot", "1"},
     {},
     2,
     R"(unknown flag "--prot"; the nearest known one is --port)"},
    {"unknown_flag_with_value", {"--lisen=::1"}, {}, 2, "the nearest known one is --listen"},
    {"unknown_command", {"serv"}, {}, 2, R"(unexpected argument "serv")"},
    {"port_no_number", {"-p", "abc"}, {}, 2, "--port"},
    {"port_too_big", {"--port", "65536"}, {}, 2, "--port"},
    {"port_without_value", {"-p"}, {}, 2, "--port"},
    {"log_level", {"-l", "loud"}, {}, 2, "--log-level: expected debug, info, warning, error"},
    {"listen", {"--listen", "here"}, {}, 2, "--listen: expected ADDRESS or ADDRESS:PORT"},
    {"listen_port", {"--listen", "127.0.0.1:x"}, {}, 2, "--listen: expected a port"},
    {"config_missing",
     {"--config", "/nowhere.json"},
     {},
     2,
     "--config /nowhere.json: cannot be opened"},
    {"config_folder", {"--config", "/"}, {}, 2, "--config /: is a folder"},
    {"call_without_method", {"call"}, {}, 2, "METHOD is required"},
    {"ready_fd_with_call", {"call", "X", "--ready-fd", "1"}, {}, 2, "--ready-fd"},
    {"unknown_variable",
     {},
     {"MISTIFY_LISTN=x"},
     2,
     R"(unknown variable "MISTIFY_LISTN"; the nearest known one is "MISTIFY_LISTEN")"},
    {"wrong_variable",
     {},
     {"MISTIFY_DRAIN_MS=soon"},
     2,
     R"(MISTIFY_DRAIN_MS: expected a whole number from 0 to 86400000, got a string ("soon"))"},
    {"params_no_json",
     {"--plugin", PROBE_PLUGIN, "call", "Probe.Echo", "{"},
     {},
     2,
     "PARAMS: expected JSON"},
    {"params_a_number",
     {"--plugin", PROBE_PLUGIN, "call", "Probe.Echo", "7"},
     {},
     2,
     "PARAMS: expected a JSON object"},
    {"params_of_numbers",
     {"--plugin", PROBE_PLUGIN, "call", "Probe.Echo", "[7]"},
     {},
     2,
     "PARAMS: expected a JSON object"},
    {"validate_without_file", {"validate"}, {}, 2, "FILE is required"},
    {"validate_missing_file", {"validate", "/nowhere.so"}, {}, 1, "/nowhere.so: no such file"},
    {"validate_unknown_check",
     {"validate", PROBE_PLUGIN, "--check", "exprots"},
     {},
     2,
     R"(--check: unknown check "exprots"; the nearest known one is exports)"},
    {"validate_no_time", {"validate", PROBE_PLUGIN, "--time-limit", "0"}, {}, 2, "--time-limit"},
    {"unknown_method",
     {"--plugin", PROBE_PLUGIN, "call", "Probe.Ehco"},
     {},
     2,
     "the nearest known one is Probe.Echo"},
    {"plugin_missing", {"--plugin", "/nowhere.so", "methods"}, {}, 1, "/nowhere.so: no such file"},
    {"failed_call",
     {"--plugin", PROBE_PLUGIN, "call", "Probe.Fail", R"({"message":"no\nmore"})"},
     {},
     1,
     R"(mistify-mock-host: no\nmore)"},
};
INSTANTIATE_TEST_SUITE_P(Row, WrongUse, testing::ValuesIn(kRows),
                         [](const auto &row) { return std::string(row.param.name); });

TEST(Version, IsPrinted) {
  const Outcome outcome = run_host({"--version"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.output.substr(0, 20), "mistify-mock-host 1.");
}

TEST(Help, NamesEveryFlagAndCommand) {
  const Outcome outcome = run_host({"--help"});
  EXPECT_EQ(outcome.status, 0);
  for (const char *word : {"--port", "--endpoint", "--image-service", "--docker-cert-path",
                           "--log-level", "--plugin", "--plugin-dir", "--listen", "--config",
                           "--version", "serve", "call", "methods", "validate"})
    EXPECT_NE(outcome.output.find(word), std::string::npos) << word;
}

TEST(Methods, AreListedWithPluginAndSummary) {
  const Outcome outcome = run_host({"methods", "--plugin", EXAMPLE_C_PLUGIN});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.output, "METHOD          PLUGIN     SUMMARY\n"
                            "ExampleC.Count  example_c  Tells its progress, then answers\n"
                            "ExampleC.Echo   example_c  Answers with its params\n"
                            "ExampleC.Wait   example_c  Answers after a while\n");
}

struct CallRow {
  const char *name;
  std::string arguments; ///< Of call, for the shell.
  std::string output;
};
class Call : public testing::TestWithParam<CallRow> {};

TEST_P(Call, PrintsTheResult) {
  const Outcome outcome = run_shell(R"("$HOST" --plugin "$PROBE" call )" + GetParam().arguments);
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.output, GetParam().output);
}

const CallRow kCalls[] = {
    {"an_object", R"(Probe.Echo '{"x":1.50}')", "{\n  \"x\": 1.50\n}\n"},
    {"an_array", R"(Probe.Echo '[{"x":1},{"y":2}]')", "{\n  \"x\": 1\n}\n"},
    {"an_empty_array", "Probe.Echo '[]'", "{}\n"},
    {"an_array_of_null", "Probe.Echo '[null]'", "{}\n"},
    {"no_params", "Probe.Echo", "{}\n"},
    {"no_service", "Echo", "{}\n"},
};
INSTANTIATE_TEST_SUITE_P(With, Call, testing::ValuesIn(kCalls),
                         [](const auto &row) { return std::string(row.param.name); });

TEST(CallParams, ComeFromStandardInput) {
  const Outcome outcome = run_shell(R"(echo '[{"x":1}]' | "$HOST" --plugin "$PROBE" call Echo -)");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.output, "{\n  \"x\": 1\n}\n");
}

TEST(CallInterrupted, IsCancelled) {
  const Fifo fifo;
  Process process({with_probe({"call", "Probe.Hold", fifo.params()}), {}});
  ASSERT_EQ(fifo.next(), 'h');
  // Not while it gets there: the thread sanitizer may lose a signal that comes between two calls.
  ASSERT_TRUE(comes_true([&] { return sleeps(process.pid()); }));
  process.signal(SIGINT);
  EXPECT_EQ(fifo.next(), 'c');
  EXPECT_EQ(process.wait(), 1);
  EXPECT_EQ(wire::lines(process.output()).size(), 1U) << process.output();
}

} // namespace
} // namespace host_test
