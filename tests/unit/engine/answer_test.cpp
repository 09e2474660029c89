// SPDX-License-Identifier: Apache-2.0
#include <engine/client.hpp>

#include <gtest/gtest.h>

namespace mdocker::engine {
namespace {

TEST(Answer, MessageIsTheEnginesOwnWords) {
  EXPECT_EQ((Answer{404, "{\"message\":\"No such container: x\"}\n"}).message(),
            "No such container: x");
}

TEST(Answer, MessageOfWhatIsNoJsonIsItsTextOnOneLine) {
  EXPECT_EQ((Answer{502, "<html>\n bad\tgateway\n"}).message(), "<html>  bad gateway");
  EXPECT_EQ((Answer{500, R"({"message":7})"}).message(), R"({"message":7})");
}

TEST(Answer, MessageIsOfBoundedLength) {
  EXPECT_LT((Answer{500, std::string(100'000, 'x')}).message().size(), 2'100U);
}

struct Refusal {
  unsigned status;
  Kind kind;
};

class RefusalTest : public testing::TestWithParam<Refusal> {};

TEST_P(RefusalTest, HasTheKindOfItsStatus) {
  const Error error = refusal({GetParam().status, R"({"message":"because"})"}, "start");

  EXPECT_EQ(error.kind(), GetParam().kind);
  EXPECT_EQ(error.engine_status(), GetParam().status);
  EXPECT_EQ(error.phase(), "start");
  EXPECT_EQ(std::string(error.what()),
            "API error (" + std::to_string(GetParam().status) + "): because");
}

INSTANTIATE_TEST_SUITE_P(Statuses, RefusalTest,
                         testing::Values(Refusal{400, Kind::invalid}, Refusal{404, Kind::not_found},
                                         Refusal{409, Kind::conflict}, Refusal{500, Kind::engine},
                                         Refusal{503, Kind::unavailable},
                                         Refusal{418, Kind::engine}),
                         [](const auto &param_info) {
                           return std::to_string(param_info.param.status);
                         });

TEST(RefusalWithoutWords, SaysThatThereAreNone) {
  for (const char *body : {"", " ", R"({"message":""})", R"({"message":"\u001b"})"})
    EXPECT_STREQ(refusal({500, body}, "start").what(),
                 "API error (500): the engine does not say why");
}

TEST(Query, EncodesWhatIsNotUnreserved) {
  Query query;
  query.add("name", "a b&c=d/é").add("t", "10");
  EXPECT_EQ(query.text(), "?name=a%20b%26c%3Dd%2F%C3%A9&t=10");
}

TEST(Query, IsEmptyWithoutParameters) {
  EXPECT_EQ(Query().text(), "");
}

} // namespace
} // namespace mdocker::engine
