// SPDX-License-Identifier: Apache-2.0
//
// How far a call is: what is said of it, how often, and where to.
#include "fixture.hpp"
#include "progress_line.hpp"

#include <gtest/gtest.h>

#include <ostream>

namespace host_test {
namespace {

using namespace std::chrono_literals;
using mistify::mock_host::progress_bar;
using mistify::mock_host::progress_text;
using mistify::mock_host::ProgressPace;
using mistify::mock_host::read_progress;

struct Told {
  const char *json;
  const char *line;
  const char *bar; ///< In 60 columns.
};
void PrintTo(const Told &row, std::ostream *out) {
  *out << row.json;
}
class ProgressTold : public testing::TestWithParam<Told> {};
TEST_P(ProgressTold, IsShownAsALineAndAsABar) {
  EXPECT_EQ(progress_text(read_progress(GetParam().json)), GetParam().line);
  EXPECT_EQ(progress_bar(read_progress(GetParam().json), 60), GetParam().bar);
}
INSTANTIATE_TEST_SUITE_P(
    Table, ProgressTold,
    testing::Values(
        Told{R"({"message":"loading","done":3,"total":8})", "loading (3 of 8)",
             "loading [==============>                       ]  37% 3 of 8"},
        Told{R"({"phase":"download","done":94371840,"total":209715200,"unit":"bytes"})",
             "download (90.0 of 200.0 MiB)",
             "download [===========>              ]  45% 90.0 of 200.0 MiB"},
        Told{R"({"phase":"download","done":94371840,"unit":"bytes"})", "download (90.0 MiB)",
             "download (90.0 MiB)"},
        Told{R"({"phase":"download","done":5,"total":null,"unit":"bytes"})", "download (0.0 MiB)",
             "download (0.0 MiB)"},
        Told{R"({"phase":"verify","message":"x:latest"})", "verify: x:latest", "verify: x:latest"},
        Told{R"({"done":3})", "(3)", "(3)"},
        Told{R"({"message":"m","done":7,"total":7})", "m (7 of 7)",
             "m [========================================] 100% 7 of 7"},
        Told{R"({"message":"m","done":9,"total":7})", "m (9 of 7)",
             "m [========================================] 100% 9 of 7"},
        Told{R"({"message":"m","done":0,"total":0})", "m (0 of 0)", "m (0 of 0)"},
        Told{R"({"message":"m","done":-1,"total":1.5})", "m (-1 of 1.5)", "m (-1 of 1.5)"},
        Told{R"({"message":"m","done":1e999,"total":7,"unit":"bytes"})", "m (1e999 of 7)",
             "m (1e999 of 7)"},
        Told{R"({"message":"a\n\u001b[2Jb"})", R"(a\n\x1b[2Jb)", R"(a\n\x1b[2Jb)"},
        Told{R"({"other":1})", R"({"other":1})", R"({"other":1})"},
        Told{"no JSON", "no JSON", "no JSON"}));

TEST(ProgressBar, FitsIntoItsColumnsOrIsLeftOut) {
  const auto progress = read_progress(R"({"message":"gr\u00fcn","done":1,"total":2})");

  EXPECT_EQ(progress_bar(progress, 29), "gr\xC3\xBCn [=====>    ]  50% 1 of 2");
  EXPECT_EQ(progress_bar(progress, 28), "gr\xC3\xBCn (1 of 2)");
  EXPECT_EQ(progress_bar(progress, 3), "gr\xC3\xBC"); // a whole character
  EXPECT_EQ(progress_bar(progress, 0), "");
}

TEST(ProgressPace, LeavesOutWhatALogDoesNotNeed) {
  ProgressPace pace(false);
  const auto at = [](int done) {
    return read_progress(R"({"phase":"p","done":)" + std::to_string(done) + R"(,"total":1000})");
  };
  const ProgressPace::Clock::time_point begin{1h};

  EXPECT_TRUE(pace.is_due(at(1), begin));
  EXPECT_FALSE(pace.is_due(at(99), begin + 4s));
  EXPECT_TRUE(pace.is_due(at(100), begin + 4s)) << "a tenth";
  EXPECT_FALSE(pace.is_due(at(101), begin + 8s));
  EXPECT_TRUE(pace.is_due(at(102), begin + 9s)) << "5 s after the last one";
  EXPECT_TRUE(pace.is_due(at(1000), begin + 9s));
  EXPECT_TRUE(pace.is_due(read_progress(R"({"phase":"q"})"), begin + 9s)) << "another phase";
}

TEST(ProgressPace, DrawsOnATerminalTenTimesASecond) {
  ProgressPace pace(true);
  const auto at = [](int done) {
    return read_progress(R"({"phase":"p","done":)" + std::to_string(done) + R"(,"total":1000})");
  };
  const ProgressPace::Clock::time_point begin{1h};

  EXPECT_TRUE(pace.is_due(at(1), begin));
  EXPECT_FALSE(pace.is_due(at(500), begin + 99ms));
  EXPECT_TRUE(pace.is_due(at(501), begin + 100ms));
  EXPECT_TRUE(pace.is_due(at(1000), begin + 101ms)) << "complete";
}

constexpr const char *kLoad =
    R"({"tell":[{"phase":"download","done":1048576,"total":2097152,"unit":"bytes"},)"
    R"({"phase":"download","done":2097152,"total":2097152,"unit":"bytes"},{"phase":"verify"}]})";
constexpr const char *kPlain = R"(eval "$call")";
constexpr const char *kTerminal = R"(script -qec "stty cols 60; $call" /dev/null)";
constexpr const char *kDumbTerminal = R"(script -qec "TERM=dumb; export TERM; $call" /dev/null)";

/// Tells that progress in a call: what comes on its standard error, "|", and its standard output.
Outcome tell(const std::string &params, const std::string &how) {
  return run_shell("d=$(mktemp -d) && trap 'rm -rf \"$d\"' EXIT\n"
                   "cat >$d/in <<'END'\n" +
                   params +
                   "\nEND\n"
                   "call=\"$HOST --plugin $PROBE call Probe.Progress - <$d/in >$d/out\"\n" +
                   how + "\ns=$?; printf '|'; cat $d/out; exit $s");
}

TEST(CallProgress, IsPlainLinesOffTheTerminalAndNotInTheOutput) {
  const Outcome outcome = tell(kLoad, kPlain);

  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.output, "download (1.0 of 2.0 MiB)\ndownload (2.0 of 2.0 MiB)\nverify\n"
                            "|{\n  \"told\": true\n}\n");
}

TEST(CallProgress, IsABarOnATerminalAndNotInTheOutput) {
  const Outcome outcome = tell(kLoad, kTerminal);

  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.output, "\r\033[Kdownload [==============>             ]  50% 1.0 of 2.0 MiB"
                            "\r\033[Kdownload [============================] 100% 2.0 of 2.0 MiB"
                            "\r\033[Kverify\r\033[K|{\n  \"told\": true\n}\n");
}

TEST(CallProgress, IsPlainLinesOnATerminalThatCannotDrawOver) {
  const Outcome outcome = tell(kLoad, kDumbTerminal);

  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.output, "download (1.0 of 2.0 MiB)\r\ndownload (2.0 of 2.0 MiB)\r\nverify\r\n"
                            "|{\n  \"told\": true\n}\n");
}

TEST(CallProgress, IsFewLinesForManyObjectsAndEndsWithTheLastOne) {
  const Outcome outcome =
      run_host({"--plugin", EXAMPLE_C_PLUGIN, "call", "ExampleC.Count", R"({"to":1000})"});

  const std::vector<std::string> lines = wire::lines(outcome.output);
  EXPECT_EQ(outcome.status, 0);
  ASSERT_GE(lines.size(), 4U);
  EXPECT_LE(lines.size(), 20U); // of 1000; more than 14 where the machine is very slow
  EXPECT_EQ(lines.front(), "counting (1 of 1000)");
  EXPECT_EQ(lines[lines.size() - 4], "counting (1000 of 1000)");
}

TEST(CallProgress, WithoutATotalEndsWithTheLastOne) {
  const Outcome outcome = tell(R"({"tell":[{"done":1},{"done":2},{"done":3}]})", kPlain);

  EXPECT_EQ(outcome.output, "(1)\n(3)\n|{\n  \"told\": true\n}\n");
}

} // namespace
} // namespace host_test
