// SPDX-License-Identifier: Apache-2.0
//
// The host is killed at each step of a call: what the next one finds is done, or not done at all.
#include "calls.hpp"

#include <algorithm>
#include <fstream>
#include <functional>
#include <gtest/gtest.h>
#include <iterator>
#include <string_view>

namespace crash {
namespace {

using mdocker::runtime::kSteps;

class Killed : public testing::TestWithParam<Call> {};

TEST_P(Killed, AtEachStep) {
  Site site(wire::test_engine(), GetParam().on_switch);
  Victim victim(site, GetParam());
  const std::set<Step> reached(victim.steps().begin(), victim.steps().end());
  ASSERT_EQ(reached, GetParam().steps);

  for (const Step step : reached) {
    SCOPED_TRACE(kSteps.at(static_cast<std::size_t>(step)));
    EXPECT_NO_THROW(victim.end_at(step, 1));
  }
  site.clear();
}

std::vector<Call> calls_with(bool on_switch) {
  std::vector<Call> found = calls();
  std::erase_if(found, [=](const Call &call) { return call.on_switch != on_switch; });
  return found;
}

const auto kName = [](const auto &test) { return std::string(test.param.name); };
INSTANTIATE_TEST_SUITE_P(OnBridges, Killed, testing::ValuesIn(calls_with(true)), kName);
INSTANTIATE_TEST_SUITE_P(OnTheEngine, Killed, testing::ValuesIn(calls_with(false)), kName);

TEST(Steps, AreAllReachedByACall) {
  std::set<Step> reached;
  for (const Call &call : calls())
    reached.insert(call.steps.begin(), call.steps.end());
  EXPECT_EQ(reached.size(), kSteps.size());
}

std::string bytes_of(const char *file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool has(const std::string &bytes, std::string_view text) {
  const std::boyer_moore_horspool_searcher searcher(text.begin(), text.end());
  return std::search(bytes.begin(), bytes.end(), searcher) != bytes.end();
}

TEST(Steps, LeaveNoTraceInTheProduct) {
  const std::string product = bytes_of(WIRE_PLUGIN);
  const std::string crashing = bytes_of(CRASHING_PLUGIN);
  ASSERT_TRUE(has(product, "mistify_plugin_entry_v1"));

  std::vector<std::string_view> traces(kSteps.begin(), kSteps.end());
  traces.insert(traces.end(), {"MDOCKER_END_AT", "MDOCKER_STEPS"});
  for (const std::string_view trace : traces) {
    EXPECT_FALSE(has(product, trace)) << trace;
    EXPECT_TRUE(has(crashing, trace)) << trace;
  }
}

} // namespace
} // namespace crash
