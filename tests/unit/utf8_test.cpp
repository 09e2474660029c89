// SPDX-License-Identifier: Apache-2.0
#include "utf8.hpp"

#include <gtest/gtest.h>

#include <string>

namespace {

using namespace mistify;

struct Line {
  const char *name;
  std::string text;
  std::string expected;
  std::size_t most = std::string::npos;
};

class OneLine : public testing::TestWithParam<Line> {};

TEST_P(OneLine, IsMadeOfAnyBytes) {
  EXPECT_EQ(json::one_line(GetParam().text, GetParam().most), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(Texts, OneLine,
                         testing::Values(Line{"Nothing", "", ""},
                                         Line{"Plain", "a line, \xC3\xA9", "a line, \xC3\xA9"},
                                         Line{"Controls",
                                              "a\r\n\tb\x7F"
                                              "c\xC2\x85"
                                              "d",
                                              "a   b c d"},
                                         Line{"Nul", std::string("a\0b", 3), "a b"},
                                         Line{"SpaceAtTheEnd", "a \r\n", "a"},
                                         Line{"NoUtf8",
                                              "a\xFF\xC3"
                                              "b\xED\xA0\x80",
                                              "a\xEF\xBF\xBD\xEF\xBF\xBD"
                                              "b\xEF\xBF\xBD"
                                              "\xEF\xBF\xBD\xEF\xBF\xBD"},
                                         Line{"AsLongAsMayBe", "abcd", "abcd", 4},
                                         Line{"Longer", "abcde", "abcd...", 4},
                                         Line{"NotInsideOfACharacter", "abc\xC3\xA9", "abc...", 4}),
                         [](const auto &row) { return std::string(row.param.name); });

} // namespace
