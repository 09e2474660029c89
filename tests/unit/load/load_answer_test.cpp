// SPDX-License-Identifier: Apache-2.0
#include <engine/load_answer.hpp>
#include <error.hpp>

#include <gtest/gtest.h>

#include <string>

namespace mdocker::engine {
namespace {

struct Heard {
  std::string last_word;
  bool failed = false;
  std::string error; ///< Empty where all was well.
  Kind kind = Kind::internal;
};

/// What is heard of an answer that comes in pieces of that size.
Heard hear(std::string_view answer, std::size_t piece) {
  LoadAnswer heard;
  Heard result;
  try {
    for (; !answer.empty(); answer.remove_prefix(std::min(piece, answer.size())))
      heard.take(answer.substr(0, piece));
    result.last_word = heard.last_word();
    result.failed = heard.failed();
    heard.finish();
  } catch (const Error &error) {
    result.kind = error.kind();
    EXPECT_EQ(error.phase(), "load");
    result.error = error.what();
    EXPECT_EQ(result.error.find('\n'), std::string::npos) << "more than one line";
  }
  return result;
}

/// The same whole and byte by byte, which must be the same.
Heard hear(const std::string &answer) {
  Heard whole = hear(answer, answer.size() + 1);
  const Heard pieces = hear(answer, 1);
  EXPECT_EQ(whole.failed, pieces.failed);
  // What is no JSON is shown as far as it has come.
  EXPECT_EQ(whole.error.empty(), pieces.error.empty());
  EXPECT_EQ(whole.kind, pieces.kind);
  return whole;
}

TEST(LoadAnswer, KeepsTheLastWord) {
  const Heard heard = hear("{\"status\":\"Loading layer\",\"progressDetail\":{\"current\":1}}\r\n"
                           "{\"stream\":\"Loaded image: a:b\\n\"}\r\n{\"status\":\"x\"}");

  EXPECT_EQ(heard.error, "");
  EXPECT_EQ(heard.last_word, "Loaded image: a:b");
}

TEST(LoadAnswer, ThatIsEmptyIsNoFailure) {
  EXPECT_EQ(hear("").error, "");
  EXPECT_EQ(hear(" \r\n\t").error, "");
}

TEST(LoadAnswer, BracesAndQuotesInsideOfTextAreText) {
  EXPECT_EQ(hear(R"({"stream":"a } \" { \\"}{"stream":"b"})").last_word, "b");
}

TEST(LoadAnswer, TellsOfAFailureInWhicheverWayTheEngineSaysIt) {
  struct Case {
    const char *answer, *words;
  };
  for (const auto &[answer, words] : {
           Case{R"({"errorDetail":{"message":"disk full"},"error":"disk full"})", "disk full"},
           Case{R"({"error":"disk full"})", "disk full"},
           Case{R"({"errorDetail":{"message":"disk full"}})", "disk full"},
           Case{R"({"errorDetail":{"code":1}})", "it gives no reason"},
           Case{R"({"errorDetail":{}})", "it gives no reason"},
           Case{R"({"stream":"Error unpacking image a:b: bad\n"})", "Error unpacking image a:b"},
           Case{R"({"stream":"x"}{"error":"first"}{"error":"second"})", "first"},
           Case{R"({"error":"early"}{"stream":"Loaded image: a:b"})", "early"},
           Case{"{\"error\":\"two\\nlines\"}", "two lines"},
       }) {
    const Heard heard = hear(answer);
    EXPECT_TRUE(heard.failed) << answer;
    EXPECT_EQ(heard.kind, Kind::engine) << answer;
    EXPECT_NE(heard.error.find(words), std::string::npos) << answer << ": " << heard.error;
  }
}

TEST(LoadAnswer, ShortensWhatIsLong) {
  const Heard heard = hear(R"({"error":")" + std::string(5'000, 'x') + R"("})");

  EXPECT_NE(heard.error.find("xxx..."), std::string::npos);
  EXPECT_LT(heard.error.size(), 700U);
}

TEST(LoadAnswer, ThatIsNoStreamOfObjectsSaysNothingOfTheImage) {
  for (const char *answer : {"<html>", "[1]", "null", R"("text")", "{\"a\":}", "}"}) {
    const Heard heard = hear(answer);
    EXPECT_TRUE(heard.failed) << answer;
    EXPECT_EQ(heard.kind, Kind::unknown_outcome) << answer << ": " << heard.error;
  }
}

TEST(LoadAnswer, ThatIsCutShortSaysNothingOfTheImage) {
  for (const char *answer : {"{", R"({"stream":"x")", R"({"stream":"x}"}{"a":"}")"}) {
    const Heard heard = hear(answer);
    EXPECT_NE(heard.error.find("cut short"), std::string::npos) << answer;
    EXPECT_EQ(heard.kind, Kind::unknown_outcome) << answer;
  }
}

TEST(LoadAnswer, IsReadUntilItCannotBe) {
  const Heard heard = hear(R"({"error":"disk full"}<html>{"stream":"Loaded image: a:b"})");

  EXPECT_EQ(heard.kind, Kind::engine);
  EXPECT_NE(heard.error.find("disk full"), std::string::npos) << heard.error;
  EXPECT_EQ(heard.last_word, "");
}

TEST(LoadAnswer, KeepsNoObjectOfAnySize) {
  LoadAnswer heard;
  heard.take(R"({"stream":")");
  const std::string piece(1'000, 'x');
  for (int i = 0; i < 1'000; ++i)
    heard.take(piece);

  EXPECT_TRUE(heard.failed());
  EXPECT_THROW(heard.finish(), Error);
}

} // namespace
} // namespace mdocker::engine
