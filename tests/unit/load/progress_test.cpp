// SPDX-License-Identifier: Apache-2.0
#include "methods/image_load.hpp"

#include <gtest/gtest.h>

namespace mdocker::methods {
namespace {

TEST(LoadProgress, IsToldInBytes) {
  EXPECT_EQ((LoadProgress{.phase = "download", .done = 5, .total = 8}).json(),
            R"({"phase":"download","done":5,"total":8,"unit":"bytes"})");
  EXPECT_EQ((LoadProgress{.phase = "download", .done = 5, .total = {}}).json(),
            R"({"phase":"download","done":5,"unit":"bytes"})");
}

TEST(LoadProgress, IsAPhaseAloneWhereNothingIsCounted) {
  EXPECT_EQ(LoadProgress{}.json(), R"({"phase":"wait"})");
}

} // namespace
} // namespace mdocker::methods
