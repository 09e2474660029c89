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

TEST(JsonRpcV2, IsSpokenWhereJsonrpcIsTheString20HoweverWritten) {
  for (const char *member : {R"("jsonrpc":"2.0")", R"("JSONRPC":"2.0")", R"("jsonrpc":"2\u002e0")",
                             R"("jsonrpc":"1.0","JsonRpc":"2.0")"}) {
    EXPECT_EQ(serve(v1(R"("params":[],"id":1,)"s + member)).reply.body,
              "{\"jsonrpc\":\"2.0\",\"result\":{\"ok\":true},\"id\":1}\n")
        << member;
  }
}

struct Error {
  std::string body;
  std::string reply;
};

void PrintTo(const Error &error, std::ostream *out) {
  *out << error.body;
}

class JsonRpcV2Error : public testing::TestWithParam<Error> {};

TEST_P(JsonRpcV2Error, IsAnErrorObjectWithoutACall) {
  const Served served = serve(GetParam().body);

  EXPECT_TRUE(served.params.empty());
  EXPECT_EQ(served.reply.status, 200U);
  EXPECT_EQ(served.reply.content_type, kJson);
  EXPECT_EQ(served.reply.body, GetParam().reply + "\n");
}

const std::string kNoMethod = "method is missing, expected a string";
const std::string kNoRequest = "element of the batch is no JSON-RPC 2.0 request object";

INSTANTIATE_TEST_SUITE_P(
    Single, JsonRpcV2Error,
    testing::Values(
        Error{R"({"jsonrpc":"2.0","id":1})", error_object(-32600, kNoMethod, "1")},
        Error{R"({"jsonrpc":"2.0"})", error_object(-32600, kNoMethod, "null")},
        Error{R"({"jsonrpc":"2.0","method":1,"id":"a"})",
              error_object(-32600, "method is a number, expected a string", R"("a")")},
        Error{v2(R"("params":1,"id":1)"),
              error_object(-32600, "params is a number, expected an array or an object", "1")},
        Error{v2(R"("params":null,"id":1)"),
              error_object(-32600, "params is null, expected an array or an object", "1")},
        Error{v2(R"("params":"x")"),
              error_object(-32600, "params is a string, expected an array or an object", "null")},
        Error{R"({"jsonrpc":"2.0","method":"A.Nope","id":null})",
              error_object(-32601, R"(rpc: can't find method \"A.Nope\")", "null")},
        Error{v2(R"("params":[1],"id":1)"),
              error_object(-32602, "params[0] is a number, expected an object", "1")}));

INSTANTIATE_TEST_SUITE_P(
    Batch, JsonRpcV2Error,
    testing::Values(Error{"[]", error_object(-32600, "empty batch", "null")},
                    Error{" [ ] ", error_object(-32600, "empty batch", "null")},
                    Error{"[1]", "[" + error_object(-32600, kNoRequest, "null") + "]"},
                    Error{"[[]]", "[" + error_object(-32600, kNoRequest, "null") + "]"},
                    Error{R"([{"method":"A.Get","params":[],"id":1},{}])",
                          "[" + error_object(-32600, kNoRequest, "null") + "," +
                              error_object(-32600, kNoRequest, "null") + "]"},
                    Error{R"([{"jsonrpc":"2.0","id":7}])",
                          "[" + error_object(-32600, kNoMethod, "7") + "]"}));

TEST(JsonRpcV2, RunsWithoutParams) {
  const Served served = serve(R"({"jsonrpc":"2.0","method":"A.Get","id":1})");

  EXPECT_EQ(served.params, std::vector<std::string>{"{}"});
  EXPECT_EQ(served.reply.status, 200U);
}

TEST(JsonRpcV2, AnswersANullId) {
  EXPECT_EQ(serve(v2(R"("id":null)")).reply.body,
            "{\"jsonrpc\":\"2.0\",\"result\":{\"ok\":true},\"id\":null}\n");
}

TEST(JsonRpcV2, CarriesCodeMessageAndDataOfEachError) {
  const auto body = [](int code, const std::string &data) {
    return serve(v2(R"("id":1)"), failure(code, "no \"way\"", data)).reply.body;
  };
  const auto expected = [](const std::string &code, const std::string &data) {
    return R"({"jsonrpc":"2.0","error":{"code":)" + code + R"(,"message":"no \"way\"")" + data +
           "},\"id\":1}\n";
  };

  EXPECT_EQ(body(kFailed, R"({"kind": "x"})"), expected("-32000", R"(,"data":{"kind": "x"})"));
  EXPECT_EQ(body(kBusy, ""), expected("-32001", ""));
  EXPECT_EQ(body(kInvalidParams, ""), expected("-32602", ""));
  EXPECT_EQ(body(kMethodNotFound, ""), expected("-32601", ""));
  EXPECT_EQ(body(12345, ""), expected("12345", ""));
}

TEST(JsonRpcV2, LeavesOutDataThatIsNoFilledObject) {
  for (const char *data : {"", "{}", " { } ", "null", "[1]", "1", R"({"a":)", R"({"a":1}})"}) {
    EXPECT_EQ(serve(v2(R"("id":1)"), failure(kFailed, "no", data)).reply.body,
              error_object(-32000, "no", "1") + "\n")
        << data;
  }
}

TEST(JsonRpcV2, SaysNothingToANotification) {
  const std::vector<std::string> bodies = {v2(R"("params":[])"), v2(R"("params":[1])"),
                                           R"({"jsonrpc":"2.0","method":"A.Nope"})",
                                           "[" + v2(R"("params":[])") + "," + v2(R"("x":1)") + "]",
                                           R"([{"jsonrpc":"2.0","method":"A.Nope"}])"};
  for (const std::string &body : bodies) {
    for (const Answer &answer : {result(), failure(kInvalidParams, "no"), failure(kBusy, "no")}) {
      const Reply reply = serve(body, answer).reply;

      EXPECT_EQ(reply.status, 204U) << body;
      EXPECT_EQ(reply.content_type, "") << body;
      EXPECT_EQ(reply.body, "") << body;
    }
  }
}

TEST(JsonRpcBatch, AnswersInTheOrderOfTheRequestsWhateverTheOrderOfTheAnswers) {
  Exchange exchange({"POST", "application/json"},
                    R"([{"jsonrpc":"2.0","method":"A.Get","id":1},
                        {"jsonrpc":"2.0","method":"A.Set"},
                        {"jsonrpc":"2.0","method":"A.Nope","id":3},
                        7,
                        {"jsonrpc":"2.0","method":"A.Set","params":{"x":1},"id":null}])",
                    {}, is_known);
  ASSERT_EQ(exchange.calls().size(), 3U);
  EXPECT_EQ(exchange.calls()[0].method, "A.Get");
  EXPECT_EQ(exchange.calls()[1].method, "A.Set");
  EXPECT_EQ(exchange.calls()[2].params_json, R"({"x":1})");

  EXPECT_FALSE(exchange.answer(2, result("3")));
  EXPECT_FALSE(exchange.answer(1, result("2")));
  EXPECT_TRUE(exchange.answer(0, failure(kFailed, "one")));
  const Reply reply = std::move(exchange).reply();

  EXPECT_EQ(reply.status, 200U);
  EXPECT_EQ(reply.body, "[" + error_object(-32000, "one", "1") + "," +
                            error_object(-32601, R"(rpc: can't find method \"A.Nope\")", "3") +
                            "," + error_object(-32600, kNoRequest, "null") +
                            R"(,{"jsonrpc":"2.0","result":3,"id":null}])" + "\n");
}

TEST(JsonRpcBatch, OfOneRequestIsAnsweredWithAnArray) {
  EXPECT_EQ(serve("[" + v2(R"("id":1)") + "]").reply.body,
            "[{\"jsonrpc\":\"2.0\",\"result\":{\"ok\":true},\"id\":1}]\n");
}

} // namespace
