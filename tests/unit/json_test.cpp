// SPDX-License-Identifier: Apache-2.0
#include "json.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <ostream>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace mistify;
using namespace std::string_literals;
using json::Kind;

std::string nested(std::size_t depth, char open = '[', char close = ']') {
  return std::string(depth, open) + std::string(depth, close);
}

struct Slice {
  std::string text;
  Kind kind;
  std::string raw;
};

void PrintTo(const Slice &slice, std::ostream *out) {
  *out << slice.text;
}

class JsonParse : public testing::TestWithParam<Slice> {};

TEST_P(JsonParse, YieldsTheValuesBytesAsWritten) {
  const json::Value value = json::parse(GetParam().text);

  EXPECT_EQ(value.kind, GetParam().kind);
  EXPECT_EQ(value.raw, GetParam().raw);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, JsonParse,
    testing::Values(
        Slice{"null", Kind::null, "null"}, Slice{" true ", Kind::boolean, "true"},
        Slice{"false\n", Kind::boolean, "false"}, Slice{"\t0\r\n", Kind::number, "0"},
        Slice{"-1.50", Kind::number, "-1.50"}, Slice{"1E+2", Kind::number, "1E+2"},
        Slice{"123456789012345678901234567890", Kind::number, "123456789012345678901234567890"},
        Slice{R"( "" )", Kind::string, R"("")"},
        Slice{R"( "a\"\\\u00e9\n" )", Kind::string, R"("a\"\\\u00e9\n")"},
        Slice{R"("\u0000")", Kind::string, R"("\u0000")"},
        Slice{R"("\ud83d\ude00")", Kind::string, R"("\ud83d\ude00")"},
        Slice{"\"\xF0\x9F\x98\x80\xED\x9F\xBF\"", Kind::string, "\"\xF0\x9F\x98\x80\xED\x9F\xBF\""},
        Slice{" [ ] ", Kind::array, "[ ]"}, Slice{"[1, [2], {}] ", Kind::array, "[1, [2], {}]"},
        Slice{" {} ", Kind::object, "{}"},
        Slice{R"({ "a" : [ "}" ] } )", Kind::object, R"({ "a" : [ "}" ] })"}));

// The values are echoed as text: that no double holds them is no reason to refuse them.
INSTANTIATE_TEST_SUITE_P(
    NumbersBeyondADouble, JsonParse,
    testing::Values(Slice{"1e400", Kind::number, "1e400"},
                    Slice{"-1E+400", Kind::number, "-1E+400"},
                    Slice{"1e99999999999999999999", Kind::number, "1e99999999999999999999"},
                    Slice{"1e-99999999999999999999", Kind::number, "1e-99999999999999999999"},
                    Slice{std::string(400, '9'), Kind::number, std::string(400, '9')},
                    Slice{std::string(400, '9') + ".5e-3", Kind::number,
                          std::string(400, '9') + ".5e-3"},
                    Slice{R"(["1e400\"", 1e400, "7e7", 10])", Kind::array,
                          R"(["1e400\"", 1e400, "7e7", 10])"}));

struct Malformed {
  std::string text;
  std::size_t offset;
};

void PrintTo(const Malformed &malformed, std::ostream *out) {
  *out << malformed.text.substr(0, 40);
}

class JsonMalformed : public testing::TestWithParam<Malformed> {};

TEST_P(JsonMalformed, IsRefusedWithItsOffset) {
  try {
    json::parse(GetParam().text);
    FAIL() << "accepted";
  } catch (const json::ParseError &error) {
    EXPECT_EQ(error.offset(), GetParam().offset) << error.what();
    EXPECT_NE(std::string(error.what()), "");
  }
}

INSTANTIATE_TEST_SUITE_P(
    Syntax, JsonMalformed,
    testing::Values(Malformed{"", 0}, Malformed{"  ", 2}, Malformed{"{", 1}, Malformed{"[1,", 3},
                    Malformed{"[1,]", 3}, Malformed{R"({"a":1,})", 7}, Malformed{R"({"a" 1})", 5},
                    Malformed{"{a:1}", 1}, Malformed{"[1 2]", 3}, Malformed{"nul", 3},
                    Malformed{"True", 0}, Malformed{"NaN", 0}, Malformed{"Infinity", 0},
                    Malformed{"+1", 0}, Malformed{"01", 1}, Malformed{"-", 1}, Malformed{"1.", 2},
                    Malformed{".5", 0}, Malformed{"1e", 2}, Malformed{"0x10", 1},
                    Malformed{"'a'", 0}, Malformed{"[1}", 2}, Malformed{"// c\n1", 0}));

INSTANTIATE_TEST_SUITE_P(TextAfterTheValue, JsonMalformed,
                         testing::Values(Malformed{"{} {}", 3}, Malformed{"1 x", 2},
                                         Malformed{"null,", 4}, Malformed{"[]]", 2},
                                         Malformed{"{}\0"s, 2}, Malformed{"{}\0{}"s, 2},
                                         Malformed{"1e400 x", 6}));

INSTANTIATE_TEST_SUITE_P(BeyondADoubleAndMalformed, JsonMalformed,
                         testing::Values(Malformed{"1e400e5", 5}, Malformed{"01e400", 1},
                                         Malformed{"[1e400", 6}, Malformed{"1e400.5", 5},
                                         Malformed{"[1e400, 1.]", 10}));

INSTANTIATE_TEST_SUITE_P(Bytes, JsonMalformed,
                         testing::Values(Malformed{"\0"s, 0}, Malformed{"\"a\0b\""s, 2},
                                         Malformed{"\"a\nb\"", 2},
                                         Malformed{"\xEF\xBB\xBF{}", 0}, // a byte order mark
                                         Malformed{"\"\x80\"", 1},       // a tail without its lead
                                         Malformed{"\"\xC0\xAF\"", 1},   // overlong
                                         Malformed{"\"\xED\xA0\x80\"", 1},     // a surrogate
                                         Malformed{"\"\xF4\x90\x80\x80\"", 1}, // beyond U+10FFFF
                                         Malformed{"\"\xE2\x82\"", 1},         // cut
                                         Malformed{R"("\ud800")", 1}, // the first half of a pair
                                         Malformed{R"("\udc00")", 8}, // the second
                                         Malformed{R"("\ud800\ud800")", 1},
                                         Malformed{R"({"\udc00":1})", 9}, Malformed{R"("\x41")", 1},
                                         Malformed{R"("\u12G4")", 1}));

TEST(JsonDepth, IsAllowedUpToTheLimitAndNoDeeper) {
  EXPECT_EQ(json::parse(nested(64)).raw, nested(64));
  EXPECT_THROW(json::parse(nested(65)), json::ParseError);
  EXPECT_EQ(json::parse(nested(3), 3).kind, Kind::array);
  EXPECT_THROW(json::parse(nested(4), 3), json::ParseError);
  EXPECT_THROW(json::parse("[]", 0), json::ParseError);
  EXPECT_EQ(json::parse("1", 0).kind, Kind::number);
}

TEST(JsonDepth, ErrorNamesTheLimitAndThePlace) {
  try {
    json::parse(nested(65));
    FAIL() << "accepted";
  } catch (const json::ParseError &error) {
    EXPECT_STREQ(error.what(), "nested more than 64 deep");
    EXPECT_EQ(error.offset(), 64U);
  }
}

TEST(JsonDepth, AMillionLevelsAreRefusedAndNotFollowed) {
  std::string objects;
  for (int i = 0; i < 1000000; ++i)
    objects += R"({"a":)";

  EXPECT_THROW(json::parse(std::string(1000000, '[')), json::ParseError);
  EXPECT_THROW(json::parse(nested(1000000)), json::ParseError);
  EXPECT_THROW(json::parse(objects), json::ParseError);
}

// What a number beyond a double's range costs: the text is read a second time with small ones in
// their place, and no malformed number may become a good one by that.
TEST(JsonNumbers, AreRefusedBesideOneBeyondADoubleWhereTheyAreRefusedAlone) {
  std::minstd_rand random(1);
  constexpr std::string_view kCharacters = "0011239..eE+-";
  int accepted = 0;

  for (int round = 0; round < 20000; ++round) {
    std::string number;
    for (unsigned left = 1 + random() % 8; left != 0; --left)
      number += kCharacters[random() % kCharacters.size()];
    const auto is_accepted = [](const std::string &text) {
      try {
        return json::parse(text).kind == Kind::array;
      } catch (const json::ParseError &) {
        return false;
      }
    };
    const bool alone = is_accepted("[" + number + "]");
    accepted += alone ? 1 : 0;
    ASSERT_EQ(is_accepted("[1e400," + number + "]"), alone) << number;
  }
  EXPECT_GT(accepted, 1000);
}

TEST(JsonNumbers, OfAMegabyteAreReadOrRefusedInOnePass) {
  const std::string digits(1U << 20U, '1');

  EXPECT_EQ(json::parse(digits).raw.size(), digits.size());
  EXPECT_THROW(json::parse(digits + "."), json::ParseError);
  EXPECT_THROW(json::parse("1e" + digits + "e"), json::ParseError);
}

TEST(JsonParse, OfEveryCutTextOfAnObjectThrows) {
  const std::string whole = R"({"a":[1,-2.5e3,"x\u00e9"],"b":{"c":null,"d":true}})";

  for (std::size_t size = 0; size < whole.size(); ++size) {
    // A copy of its own, so that a sanitizer sees a read past the end.
    const std::vector<char> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_THROW(json::parse({cut.data(), cut.size()}), json::ParseError) << size;
  }
}

TEST(JsonMembers, ComeInOrderUnescapedWithDuplicates) {
  const json::Members members =
      json::members(R"( { "a" : 1 , "b\u0041":"x{\"", "a": [ {"in":1} ], "":{} } )");

  ASSERT_EQ(members.size(), 4U);
  EXPECT_EQ(members[0].key, "a");
  EXPECT_EQ(members[0].value.raw, "1");
  EXPECT_EQ(members[1].key, "bA");
  EXPECT_EQ(members[1].value.raw, R"("x{\"")");
  EXPECT_EQ(members[2].key, "a");
  EXPECT_EQ(members[2].value.raw, R"([ {"in":1} ])");
  EXPECT_EQ(members[3].key, "");
  EXPECT_EQ(members[3].value.kind, Kind::object);
}

TEST(JsonMembers, AKeyMayHoldANulByte) {
  const json::Members members = json::members(R"({"i\u0000d":1})");

  ASSERT_EQ(members.size(), 1U);
  EXPECT_EQ(members[0].key, "i\0d"s);
  EXPECT_EQ(json::find(members, "i"), nullptr);
}

TEST(JsonMembers, WithANumberBeyondADoubleComeOnceEach) {
  const json::Members members = json::members(R"({"a":"é","b":12,"c":1e400,"d":"1e400"})");

  ASSERT_EQ(members.size(), 4U);
  EXPECT_EQ(members[0].value.raw, R"("é")");
  EXPECT_EQ(members[1].value.raw, "12");
  EXPECT_EQ(members[2].value.raw, "1e400");
  EXPECT_EQ(members[3].value.raw, R"("1e400")");
}

TEST(JsonMembers, OfAnotherKindNameBothKinds) {
  try {
    json::members("[1]");
    FAIL() << "accepted";
  } catch (const std::invalid_argument &error) {
    EXPECT_STREQ(error.what(), "expected an object, got an array");
  }
  EXPECT_THROW(json::members("{"), json::ParseError);
}

TEST(JsonElements, ComeInOrder) {
  const std::vector<json::Value> elements =
      json::elements(R"([ 1 , "a,b" ,[2, 3], null,{"x":[4]}, 1e400 ])");

  std::vector<std::string_view> raw;
  raw.reserve(elements.size());
  for (const json::Value &element : elements)
    raw.push_back(element.raw);
  EXPECT_EQ(raw, (std::vector<std::string_view>{"1", R"("a,b")", "[2, 3]", "null", R"({"x":[4]})",
                                                "1e400"}));
  EXPECT_TRUE(json::elements("[]").empty());
  EXPECT_THROW(json::elements("{}"), std::invalid_argument);
}

TEST(JsonFirstElement, IsFoundWhateverFollows) {
  const auto first = [](std::string_view array) {
    const auto element = json::first_element(json::parse(array, 100));
    return element ? std::string(element->raw) : "none";
  };

  EXPECT_EQ(first("[]"), "none");
  EXPECT_EQ(first("[ \n ]"), "none");
  EXPECT_EQ(first("[1]"), "1");
  EXPECT_EQ(first(R"([ "a]" , 2])"), R"("a]")");
  EXPECT_EQ(first(R"([{"a":[1]},2,3])"), R"({"a":[1]})");
  EXPECT_EQ(first("[null,{}]"), "null");
  EXPECT_EQ(first("[1e400,2]"), "1e400");
  EXPECT_EQ(first("[[1e400],1e500]"), "[1e400]");
  EXPECT_EQ(first(nested(100)), nested(99));
}

TEST(JsonScan, PassesOnWhatTheVisitorThrows) {
  struct Stop {};
  int seen = 0;

  EXPECT_THROW(json::scan("[1,2,3",
                          [&](std::string_view, const json::Value &) {
                            if (++seen == 2)
                              throw Stop();
                          }),
               Stop);
  EXPECT_EQ(seen, 2);
}

TEST(JsonFind, TakesTheLastMatch) {
  const json::Members members = json::members(R"({"id":1,"ID":2,"Id":3,"x":4})");

  EXPECT_EQ(json::find_folded(members, "id")->raw, "3");
  EXPECT_EQ(json::find(members, "id")->raw, "1");
  EXPECT_EQ(json::find_folded(members, "X")->raw, "4");
  EXPECT_EQ(json::find(members, "X"), nullptr);
  EXPECT_EQ(json::find_folded(members, "idd"), nullptr);
}

TEST(JsonSameKey, FoldsAsciiLettersOnly) {
  EXPECT_TRUE(json::same_key("aZ_1", "Az_1"));
  EXPECT_FALSE(json::same_key("id", "i"));
  EXPECT_FALSE(json::same_key("@", "`"));
  EXPECT_FALSE(json::same_key("[", "{"));
  EXPECT_FALSE(json::same_key("é", "É"));
}

TEST(JsonText, IsUnescaped) {
  const auto text = [](std::string_view json) { return json::text(json::parse(json)); };

  EXPECT_EQ(text(R"("")"), "");
  EXPECT_EQ(text(R"("plain é")"), "plain é");
  EXPECT_EQ(text(R"("\"\\\/\b\f\n\r\t")"), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(text(R"("\u00e9\ud83d\ude00")"), "é😀");
  EXPECT_EQ(text(R"("a\u0000b")"), "a\0b"s);
}

struct Integer {
  std::string text;
  std::optional<std::int64_t> as_signed;
  std::optional<std::uint64_t> as_unsigned;
};

void PrintTo(const Integer &integer, std::ostream *out) {
  *out << integer.text;
}

class JsonInteger : public testing::TestWithParam<Integer> {};

TEST_P(JsonInteger, IsReadWhereItIsWrittenAsOneAndFits) {
  const json::Value value = json::parse(GetParam().text);

  EXPECT_EQ(json::to_int64(value), GetParam().as_signed);
  EXPECT_EQ(json::to_uint64(value), GetParam().as_unsigned);
}

constexpr auto kMin = std::numeric_limits<std::int64_t>::min();
constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
constexpr auto kMaxUnsigned = std::numeric_limits<std::uint64_t>::max();

INSTANTIATE_TEST_SUITE_P(
    Bounds, JsonInteger,
    testing::Values(
        Integer{"0", 0, 0}, Integer{"-0", 0, std::nullopt}, Integer{"-1", -1, std::nullopt},
        Integer{"9223372036854775807", kMax, static_cast<std::uint64_t>(kMax)},
        Integer{"9223372036854775808", std::nullopt, 9223372036854775808U},
        Integer{"-9223372036854775808", kMin, std::nullopt},
        Integer{"-9223372036854775809", std::nullopt, std::nullopt},
        Integer{"18446744073709551615", std::nullopt, kMaxUnsigned},
        Integer{"18446744073709551616", std::nullopt, std::nullopt},
        Integer{"1e3", std::nullopt, std::nullopt}, Integer{"1.0", std::nullopt, std::nullopt},
        Integer{"1e400", std::nullopt, std::nullopt}, Integer{"\"1\"", std::nullopt, std::nullopt},
        Integer{"null", std::nullopt, std::nullopt}, Integer{"true", std::nullopt, std::nullopt}));

struct Quoted {
  std::string text;
  std::string json;
};

void PrintTo(const Quoted &quoted, std::ostream *out) {
  *out << quoted.json;
}

class JsonQuoted : public testing::TestWithParam<Quoted> {};

TEST_P(JsonQuoted, IsOneStringOnOneLine) {
  EXPECT_EQ(json::quoted(GetParam().text), GetParam().json);
  EXPECT_EQ(json::parse(GetParam().json).kind, Kind::string);
}

INSTANTIATE_TEST_SUITE_P(
    Texts, JsonQuoted,
    testing::Values(Quoted{"", R"("")"}, Quoted{"a/é😀", R"("a/é😀")"}, Quoted{"\"\\", R"("\"\\")"},
                    Quoted{"\n\r\t", R"("\n\r\t")"},
                    Quoted{"\0\x01\x1F\x7F"s, R"("\u0000\u0001\u001f\u007f")"},
                    Quoted{"\xC2\x80\xC2\x9B\xC2\xA0", "\"\\u0080\\u009b\xC2\xA0\""},
                    Quoted{"\x80", "\"\xEF\xBF\xBD\""},
                    Quoted{"a\xE2\x82", "\"a\xEF\xBF\xBD\xEF\xBF\xBD\""},
                    Quoted{"\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
                    Quoted{"\xC0\xAF\xF5", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
                    Quoted{"\xF4\x8F\xBF\xBF", "\"\xF4\x8F\xBF\xBF\""}));

TEST(JsonQuoted, OfEveryByteReadsBackAsItselfWhereItIsAscii) {
  for (int byte = 0; byte < 128; ++byte) {
    const std::string text(1, static_cast<char>(byte));
    EXPECT_EQ(json::text(json::parse(json::quoted(text))), text) << byte;
  }
}

} // namespace
