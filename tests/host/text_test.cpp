// SPDX-License-Identifier: Apache-2.0
#include "log.hpp"
#include "pretty.hpp"

#include <gtest/gtest.h>

namespace mistify::mock_host {
namespace {

TEST(Pretty, IndentsAndKeepsWhatIsWritten) {
  EXPECT_EQ(pretty(R"({"a":[1.50,{"b" : "x,:{\"}"}],"c":{},"d":[ ],"e":null})"),
            R"({
  "a": [
    1.50,
    {
      "b": "x,:{\"}"
    }
  ],
  "c": {},
  "d": [],
  "e": null
})");
}

TEST(Pretty, LeavesAPlainValueAlone) {
  EXPECT_EQ(pretty(R"( "a\\" )"), R"("a\\")");
}

TEST(Escaped, ShowsControlCharacters) {
  EXPECT_EQ(escaped("a\nb\rc\td\x1b\x7f"), R"(a\nb\rc\td\x1b\x7f)");
  EXPECT_EQ(escaped(std::string_view("\0", 1)), R"(\x00)");
  EXPECT_EQ(escaped("\xC2\x85 \xC3\xA9"), "\\xc2\\x85 \xC3\xA9");
}

} // namespace
} // namespace mistify::mock_host
