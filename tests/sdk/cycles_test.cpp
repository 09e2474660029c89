// SPDX-License-Identifier: Apache-2.0
//
// A plugin can be loaded and unloaded for ever: its mapping goes each time, and nothing is left.
#include "subjects.hpp"

#include <gtest/gtest.h>

namespace {

using mistify::Host;
using sdk_test::kPatience;
using sdk_test::Subject;

constexpr int kCycles = 1000;
// A leak of a kilobyte in each cycle would be seen.
constexpr std::size_t kGrowthKib = 1000;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kMemoryIsOurs =
    false; // the sanitizer keeps what is freed, and looks for leaks itself
#else
constexpr bool kMemoryIsOurs = true;
#endif

void cycle(Host &host, const Subject &subject) {
  host.load(subject.file);
  ASSERT_GT(sdk_test::mappings_of(subject.file), 0U);
  const mistify::Answer answer = sdk_test::call(host, subject.method);
  ASSERT_TRUE(answer.error || !answer.result_json.empty());
  ASSERT_TRUE(!answer.error || answer.error->code != mistify::kMethodNotFound);
  ASSERT_TRUE(host.unload(subject.name, kPatience));
  ASSERT_EQ(sdk_test::mappings_of(subject.file), 0U);
}

class Cycles : public testing::TestWithParam<Subject> {};

TEST_P(Cycles, LeaveNothingBehind) {
  Host host({});
  const std::size_t threads = sdk_test::threads();
  for (int i = 0; i < 20; ++i) // what is set up once, by libraries below, is set up now
    ASSERT_NO_FATAL_FAILURE(cycle(host, GetParam()));
  const std::size_t descriptors = sdk_test::open_descriptors();
  const std::size_t memory = sdk_test::anonymous_kib();
  ASSERT_TRUE(sdk_test::threads_come_down_to(threads));

  for (int i = 0; i < kCycles; ++i)
    ASSERT_NO_FATAL_FAILURE(cycle(host, GetParam())) << "in cycle " << i;

  EXPECT_EQ(sdk_test::open_descriptors(), descriptors);
  EXPECT_TRUE(sdk_test::threads_come_down_to(threads));
  if (kMemoryIsOurs) {
    EXPECT_LE(sdk_test::anonymous_kib(), memory + kGrowthKib);
  }
}

INSTANTIATE_TEST_SUITE_P(Of, Cycles, testing::ValuesIn(sdk_test::subjects()),
                         [](const auto &test) { return std::string(test.param.name); });

TEST(HostCycles, OfTwoPluginsAtOnceAndOfTheHostItself) {
  const Host other({});
  const std::size_t threads = sdk_test::threads();
  for (int i = 0; i < 100; ++i) {
    Host host({});
    host.load(sdk_test::plugin("example_c"));
    host.load(sdk_test::plugin("example_cpp"));
    ASSERT_EQ(sdk_test::call(host, "ExampleC.Wait", R"({"ms":0})").result_json,
              R"({"waited_ms":0})");
    ASSERT_EQ(sdk_test::call(host, "ExampleCpp.Progress", R"({"count":3})").result_json,
              R"({"count":3})");
  }
  EXPECT_EQ(sdk_test::mappings_of(sdk_test::plugin("example_c")), 0U);
  EXPECT_EQ(sdk_test::mappings_of(sdk_test::plugin("example_cpp")), 0U);
  EXPECT_TRUE(sdk_test::threads_come_down_to(threads));
}

} // namespace
