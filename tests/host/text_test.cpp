// SPDX-License-Identifier: Apache-2.0
#include "log.hpp"
#include "pretty.hpp"
#include "progress.hpp"

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

TEST(ProgressText, SaysMessageAndCount) {
  EXPECT_EQ(progress_text(R"({"message":"loading","done":3,"total":7})"), "loading (3 of 7)");
  EXPECT_EQ(progress_text(R"({"message":"loading"})"), "loading");
  EXPECT_EQ(progress_text(R"({"done":3})"), "(3)");
  EXPECT_EQ(progress_text(R"({"phase":"x"})"), R"({"phase":"x"})");
  EXPECT_EQ(progress_text(R"({"message":"a\nb"})"), R"(a\nb)");
}

} // namespace
} // namespace mistify::mock_host
