// SPDX-License-Identifier: Apache-2.0
#include "jsonrpc_fixture.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace mistify;
using namespace mistify::jsonrpc;
using namespace std::string_literals;

TEST(JsonRpcLimits, TakeABodyOfJustTheirSize) {
  const std::string body = v1(R"("params":[],"id":1)");

  EXPECT_EQ(serve(body, result(), {.body = body.size()}).reply.status, 200U);
  const Reply reply = serve(body, result(), {.body = body.size() - 1}).reply;
  EXPECT_EQ(reply.status, 413U);
  EXPECT_EQ(reply.content_type, kText);
  EXPECT_EQ(reply.body, "request body of 37 bytes, expected at most 36");
}

TEST(JsonRpcLimits, OfTheBodyAreOneMebibyteByDefault) {
  const std::string request = v1(R"("params":[],"id":1)");
  const std::string body = request + std::string((1U << 20U) - request.size(), ' ');

  EXPECT_EQ(serve(body).reply.status, 200U);
  EXPECT_EQ(serve(body + " ").reply.status, 413U);
}

TEST(JsonRpcLimits, CountTheNestingOfTheWholeBody) {
  const auto status = [](std::size_t depth) {
    // The request, params and the struct are three levels.
    return serve(v1(R"("params":[{"a":)" + nested(depth - 3) + R"(}],"id":1)")).reply.status;
  };

  EXPECT_EQ(status(64), 200U);
  EXPECT_EQ(status(65), 400U);
}

TEST(JsonRpcLimits, CountTheNestingOfMembersThatNobodyReads) {
  EXPECT_EQ(serve(v1(R"("params":[],"id":1,"x":)" + nested(63))).reply.status, 200U);
  const Reply reply = serve(v1(R"("params":[],"id":1,"x":)" + nested(64))).reply;
  EXPECT_EQ(reply.status, 400U);
  EXPECT_EQ(reply.body, kInvalid + "104: nested more than 64 deep");
}

TEST(JsonRpcLimits, OfDepthMayBeRaisedBeyondTheDefault) {
  const std::string object = R"({"a":)" + nested(97) + "}";
  const Limits deep{.depth = 100};

  EXPECT_EQ(serve(v1(R"("params":[)" + object + R"(],"id":1)"), result(), deep).params,
            std::vector{object});
  EXPECT_EQ(serve("[" + v2(R"("params":)" + object + R"(,"id":1)") + "]", result(), deep).params,
            std::vector{object});
  EXPECT_EQ(
      serve(v1(R"("params":[{"a":)" + nested(98) + R"(}],"id":1)"), result(), deep).reply.status,
      400U);
}

TEST(JsonRpcLimits, TakeABatchOfJustTheirSize) {
  const std::string two = "[" + v2(R"("id":1)") + "," + v2(R"("id":2)");

  EXPECT_EQ(serve(two + "]", result(), {.batch = 2}).params.size(), 2U);
  const Served served = serve(two + ",{}]", result(), {.batch = 2});
  EXPECT_TRUE(served.params.empty());
  EXPECT_EQ(served.reply.status, 413U);
  EXPECT_EQ(served.reply.content_type, kText);
  EXPECT_EQ(served.reply.body, "batch of more than 2 requests, expected at most that many");
}

TEST(JsonRpcLimits, OfABatchAre256ByDefault) {
  std::string batch = "[" + v2(R"("id":1)");
  for (int i = 1; i < 256; ++i)
    batch += "," + v2(R"("id":1)");

  EXPECT_EQ(serve(batch + "]").params.size(), 256U);
  EXPECT_EQ(serve(batch + ",1]").reply.status, 413U);
}

TEST(JsonRpcHostile, NestingOfAMillionIsRefused) {
  const Limits large{.body = 8U << 20U};
  std::string objects = R"({"method":"A.Get","params":)";
  for (int i = 0; i < 1000000; ++i)
    objects += R"({"a":)";

  for (const std::string &body : {std::string(1000000, '['), nested(1000000), objects}) {
    const Reply reply = serve(body, result(), large).reply;
    EXPECT_EQ(reply.status, 400U);
    EXPECT_NE(reply.body.find("nested more than 64 deep"), std::string::npos) << reply.body;
  }
}

TEST(JsonRpcHostile, ManyMembersAndManyEscapesAreRead) {
  std::string body = R"({"method":"A.Get","params":[],)";
  while (body.size() < 1000000)
    body += R"("\u0041":0,)";
  const Served served = serve(body + R"("id":1})");

  EXPECT_EQ(served.reply.status, 200U);
  EXPECT_EQ(served.params.size(), 1U);
}

TEST(JsonRpcHostile, EveryCutOfARequestIsRefused) {
  const std::string body = v1(R"("params":[{"a":"\u00e9","b":[1.5e3,null]}],"id":1e400)");

  for (std::size_t size = 0; size < body.size(); ++size)
    EXPECT_EQ(serve(body.substr(0, size)).reply.status, 400U) << size;
}

TEST(JsonRpcHostile, TheRefusalOfAnInvalidByteDoesNotReflectIt) {
  for (int byte = 0; byte < 0x20; ++byte) {
    const std::string body = R"({"method":"A)" + std::string(1, static_cast<char>(byte)) + "\"}";
    const Reply reply = serve(body).reply;

    EXPECT_EQ(reply.status, 400U) << byte;
    for (const char c : reply.body)
      EXPECT_GE(c, ' ') << byte;
  }
}

} // namespace
