// SPDX-License-Identifier: Apache-2.0
//
// The skimmer against RapidJSON: both take the same texts.
#include "json_skim.hpp"

#define RAPIDJSON_NAMESPACE skim_test_rapidjson
#define RAPIDJSON_NAMESPACE_BEGIN namespace skim_test_rapidjson {
#define RAPIDJSON_NAMESPACE_END }
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace rapidjson = skim_test_rapidjson;
using namespace mistify;
using json::Skimmer;

bool skims(std::string_view text, unsigned depth = Skimmer::kFollowed) {
  // A copy of its own, so that a sanitizer sees a read past the end.
  const std::vector<char> copy(text.begin(), text.end());
  return Skimmer({copy.data(), copy.size()}, depth, nullptr).whole();
}

// Half of a surrogate pair that was written as an escape.
bool has_surrogate(std::string_view text) {
  for (std::size_t i = 0; i + 1 < text.size(); ++i)
    if (text[i] == '\xED' && static_cast<unsigned char>(text[i + 1]) >= 0xA0)
      return true;
  return false;
}

struct Clean : rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Clean> {
  bool Default() { return true; }
  bool String(const char *text, rapidjson::SizeType length, bool) {
    return !has_surrogate({text, length});
  }
  bool Key(const char *text, rapidjson::SizeType length, bool) {
    return !has_surrogate({text, length});
  }
};

enum class Verdict { taken, refused, none };

// None of a text with a number beyond a double, which RapidJSON does not read past.
Verdict verdict(std::string_view text) {
  constexpr unsigned kFlags =
      rapidjson::kParseValidateEncodingFlag | rapidjson::kParseNumbersAsStringsFlag;
  rapidjson::MemoryStream stream(text.data(), text.size());
  rapidjson::Reader reader;
  Clean handler;
  const rapidjson::ParseResult result = reader.Parse<kFlags>(stream, handler);
  if (result.Code() == rapidjson::kParseErrorNumberTooBig)
    return Verdict::none;
  return result && stream.Tell() == text.size() ? Verdict::taken : Verdict::refused;
}

constexpr std::array<std::string_view, 6> kSeeds = {
    R"({"Id":"0123456789abcdef","State":{"Running":true,"Pid":4711,"Error":""},"Mounts":[]})",
    R"( [ 0 , -1.5e+3 , [ ] , { } , null , true , false , "a long text without anything in it" ] )",
    R"({"a":[1,-2.5E3,"x\u00e9 \ud83d\ude00 \\ \" \/ \b\f\n\r\t"],"b\u0041":{"c":null,"d":[[[]]]}})",
    "{\"é\":\"\xF0\x9F\x98\x80\xED\x9F\xBF\xEE\x80\x80 \xC2\x80\x7F\",\"\":[\"\",\"12345678\"]}",
    R"(["1234567","12345678","123456789","1234567\"","\\2345678",10,0.0,1e1,1E-1])",
    R"("only a string, of some length")"};

// Bytes that mean something to JSON or UTF-8.
constexpr std::string_view kBytes("\"\\{}[]:,.+-eE019tfnu/ \n\t\x00\x1F\x20\x7F\x80\xA0\xBF\xC0\xC2"
                                  "\xE0\xED\xF0\xF4\xFFulDd8Cc",
                                  43);

TEST(JsonSkimmer, TakesTheSeeds) {
  for (const std::string_view seed : kSeeds) {
    EXPECT_TRUE(skims(seed)) << seed;
    EXPECT_EQ(verdict(seed), Verdict::taken) << seed;
  }
}

TEST(JsonSkimmer, TakesWhatRapidJsonTakesAndNothingElse) {
  std::minstd_rand random(1);
  const auto below = [&](std::size_t bound) { return random() % bound; };
  int taken = 0;

  for (int round = 0; round < 60000; ++round) {
    std::string text(kSeeds[below(kSeeds.size())]);
    for (std::size_t left = 1 + below(3); left != 0; --left) {
      const std::size_t at = below(text.size());
      switch (below(4)) {
      case 0:
        text[at] = kBytes[below(kBytes.size())];
        break;
      case 1:
        text.insert(at, 1, kBytes[below(kBytes.size())]);
        break;
      case 2:
        text.insert(at, text.substr(below(text.size()), 1 + below(12)));
        break;
      default:
        text.erase(at, 1 + below(2));
        if (text.empty())
          text = " ";
      }
    }
    const Verdict expected = verdict(text);
    if (expected == Verdict::none)
      continue;
    taken += expected == Verdict::taken ? 1 : 0;
    ASSERT_EQ(skims(text), expected == Verdict::taken) << text;
  }
  EXPECT_GT(taken, 6000);
  EXPECT_LT(taken, 54000);
}

TEST(JsonSkimmer, SeesEveryByteThatEndsAPlainRunWhereverItStands) {
  for (int byte = 0; byte < 256; ++byte) {
    for (std::size_t at = 0; at < 24; ++at) {
      std::string text = '"' + std::string(24, 'a') + '"';
      text[1 + at] = static_cast<char>(byte);
      ASSERT_EQ(skims(text), verdict(text) == Verdict::taken) << "byte " << byte << " at " << at;
    }
  }
}

TEST(JsonSkimmer, FollowsToItsDepthAndLeavesTheRest) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };

  EXPECT_TRUE(skims(nested(64)));
  EXPECT_TRUE(skims(nested(64), 1000));
  EXPECT_FALSE(skims(nested(65), 1000));
  EXPECT_TRUE(skims(nested(3), 3));
  EXPECT_FALSE(skims(nested(4), 3));
  EXPECT_TRUE(skims("1", 0));
}

TEST(JsonScan, ReportsEachChildOnceWhereTheTextBreaks) {
  const auto seen = [](std::string_view text) {
    std::string out;
    EXPECT_THROW(json::scan(text,
                            [&](std::string_view key, const json::Value &value) {
                              out.append(key).append("=").append(value.raw).append(" ");
                            }),
                 json::ParseError);
    return out;
  };

  EXPECT_EQ(seen(R"([1,"a",{"b":[2]})"), R"(=1 ="a" ={"b":[2]} )");
  EXPECT_EQ(seen(R"({"a":1,"\u0062":[],"c":nul})"), "a=1 b=[] ");
  EXPECT_EQ(seen(R"({"a":1e400,"b":1e401,"c":1.})"), "a=1e400 b=1e401 ");
}

} // namespace
