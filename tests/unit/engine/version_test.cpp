// SPDX-License-Identifier: Apache-2.0
#include <engine/version.hpp>

#include <error.hpp>

#include <gtest/gtest.h>

namespace mdocker::engine {
namespace {

struct Chosen {
  const char *newest;
  const char *oldest;
  const char *version; ///< nullptr: refused.
};

class VersionTest : public testing::TestWithParam<Chosen> {};

TEST_P(VersionTest, IsTheHighestThatBothKnow) {
  const auto &[newest, oldest, version] = GetParam();
  if (version != nullptr) {
    EXPECT_EQ(choose_version(newest, oldest, "unix:///x"), version);
    return;
  }
  try {
    choose_version(newest, oldest, "unix:///x");
    FAIL() << "accepted";
  } catch (const Error &error) {
    EXPECT_NE(std::string(error.what()).find("unix:///x"), std::string::npos) << error.what();
  }
}

INSTANTIATE_TEST_SUITE_P(Versions, VersionTest,
                         testing::Values(Chosen{"1.41", "1.12", "1.41"}, Chosen{"1.24", "", "1.24"},
                                         Chosen{"1.52", "1.44", "1.52"},
                                         Chosen{"1.54", "1.40", "1.52"},
                                         Chosen{"1.100", "1.52", "1.52"},
                                         Chosen{"1.9", "1.2", nullptr}, Chosen{"1.23", "", nullptr},
                                         Chosen{"1.60", "1.53", nullptr},
                                         Chosen{"2.0", "1.99", nullptr}, Chosen{"", "", nullptr},
                                         Chosen{"1.x", "", nullptr}, Chosen{"1.41 ", "", nullptr},
                                         Chosen{"../1.41", "", nullptr}));

} // namespace
} // namespace mdocker::engine
