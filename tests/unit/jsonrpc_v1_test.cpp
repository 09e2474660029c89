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

struct Params {
  std::string members;
  std::string object;
};

void PrintTo(const Params &params, std::ostream *out) {
  *out << params.members;
}

class JsonRpcParams : public testing::TestWithParam<Params> {};

TEST_P(JsonRpcParams, AreOneStructAsWritten) {
  for (const std::string &body :
       {v1(GetParam().members + R"(,"id":7)"), v2(GetParam().members + R"(,"id":7)"),
        "[" + v2(GetParam().members + R"(,"id":7)") + "]"}) {
    const Served served = serve(body);

    EXPECT_EQ(served.reply.status, 200U) << body;
    EXPECT_EQ(served.params, std::vector{GetParam().object}) << body;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Forms, JsonRpcParams,
    testing::Values(Params{R"("params":[])", "{}"}, Params{R"("params": [ null ] )", "{}"},
                    Params{R"("params":[{}])", "{}"}, Params{R"("params":[ { } ])", "{ }"},
                    Params{R"("params":{})", "{}"},
                    Params{R"("params":{"a" : [1, 2]})", R"({"a" : [1, 2]})"},
                    Params{R"("params":[ {"a": 1e400, "b\u0020": "}]"} , {"c":2}])",
                           R"({"a": 1e400, "b\u0020": "}]"})"},
                    Params{R"("params":[{"a":1}, 2])", R"({"a":1})"},
                    Params{R"("params":[null, {"a":1}])", "{}"},
                    Params{R"("params":[{"id":1,"ID":2,"id":3}])", R"({"id":1,"ID":2,"id":3})"},
                    Params{R"("params":[1],"PARAMS":[{"last":1}])", R"({"last":1})"},
                    Params{R"("Params":{"last":0},"params":[{"last":1}])", R"({"last":1})"},
                    Params{R"("params":[],"bogus":{"params":[{"a":1}]})", "{}"}));

class JsonRpcId : public testing::TestWithParam<std::string> {};

TEST_P(JsonRpcId, IsEchoedByteForByte) {
  const std::string &id = GetParam();

  EXPECT_EQ(serve(v1(R"("params":[],"id": )" + id + " ")).reply.body,
            R"({"result":{"ok":true},"error":null,"id":)" + id + "}\n");
  EXPECT_EQ(serve(v1(R"("params":[],"id":)" + id), failure(kFailed, "no")).reply.body,
            R"({"result":null,"error":"no","id":)" + id + "}\n");
  EXPECT_EQ(serve(v2(R"("id":)" + id)).reply.body,
            R"({"jsonrpc":"2.0","result":{"ok":true},"id":)" + id + "}\n");
  EXPECT_EQ(serve("[" + v2(R"("id":)" + id) + "]", failure(-7, "no")).reply.body,
            R"([{"jsonrpc":"2.0","error":{"code":-7,"message":"no"},"id":)" + id + "}]\n");
}

INSTANTIATE_TEST_SUITE_P(Values, JsonRpcId,
                         testing::Values("0", "-0", "1.50", "1E5", "1e400",
                                         "123456789012345678901234567890", R"("")", R"("<&>é")",
                                         R"("\u003c\"\/")", "true", "false", "[ ]", R"([1, "a"])",
                                         R"({ "a" : {"b":1.0} })"));

TEST(JsonRpcV1, AnswersOnOneLineInTheOriginalsOrder) {
  const Reply reply = serve(v1(R"("params":[{}],"id":0)"), result("{\"a\": [1]}")).reply;

  EXPECT_EQ(reply.status, 200U);
  EXPECT_EQ(reply.content_type, kJson);
  EXPECT_EQ(reply.body, "{\"result\":{\"a\": [1]},\"error\":null,\"id\":0}\n");
}

TEST(JsonRpcV1, TakesTheLastOfTheKeysWhateverTheirCase) {
  const Served served =
      serve(R"({"method":"B.Nope","PARAMS":[1],"Id":1,"METHOD":"A.Get","params":[],"ID":2})");

  EXPECT_EQ(served.reply.body, "{\"result\":{\"ok\":true},\"error\":null,\"id\":2}\n");
  EXPECT_EQ(serve(R"({"METHOD":"A.Get","method":"B.Nope","params":[]})").reply.status, 400U);
  EXPECT_EQ(serve(R"({"method":"A.Get","params":[],"id":1,"ID":null})").reply.body, "");
}

TEST(JsonRpcV1, ReadsEscapesInKeysAndMethod) {
  Exchange exchange({"POST", "application/json"},
                    R"({"\u006dethod":"A\u002eSet","params":[],"id":1})", {}, is_known);

  ASSERT_EQ(exchange.calls().size(), 1U);
  EXPECT_EQ(exchange.calls()[0].method, "A.Set");
}

TEST(JsonRpcV1, RunsTheMethodAndSaysNothingWhereTheIdIsMissingOrNull) {
  for (const char *members : {R"("params":[])", R"("params":[],"id":null)"}) {
    for (const Answer &answer : {result(), failure(kFailed, "no"), failure(-5, "no")}) {
      const Served served = serve(v1(members), answer);

      EXPECT_EQ(served.params.size(), 1U);
      EXPECT_EQ(served.reply.status, 200U);
      EXPECT_EQ(served.reply.content_type, "");
      EXPECT_EQ(served.reply.body, "");
    }
  }
}

struct TransportError {
  int code;
  unsigned status;
};

void PrintTo(const TransportError &error, std::ostream *out) {
  *out << error.code;
}

class JsonRpcTransportError : public testing::TestWithParam<TransportError> {};

TEST_P(JsonRpcTransportError, IsPlainTextInV1WithAndWithoutAnId) {
  const Answer answer = failure(GetParam().code, "field \"a\":\tno\x1B[2J\r\n", R"({"kind":"x"})");

  for (const char *members :
       {R"("params":[],"id":1)", R"("params":[],"id":null)", R"("params":[])"}) {
    const Reply reply = serve(v1(members), answer).reply;

    EXPECT_EQ(reply.status, GetParam().status);
    EXPECT_EQ(reply.content_type, kText);
    EXPECT_EQ(reply.body, "field \"a\": no [2J");
  }
}

INSTANTIATE_TEST_SUITE_P(Codes, JsonRpcTransportError,
                         testing::Values(TransportError{kInvalidParams, 400},
                                         TransportError{kMethodNotFound, 400},
                                         TransportError{kBusy, 503}));

TEST(JsonRpcV1, PutsAnErrorOfTheMethodIntoTheAnswerEscaped) {
  const Reply reply =
      serve(v1(R"("params":[],"id":1)"), failure(kFailed, "a \"b\"\n\xFF", R"({"kind":"x"})"))
          .reply;

  EXPECT_EQ(reply.status, 200U);
  EXPECT_EQ(reply.content_type, kJson);
  EXPECT_EQ(reply.body, "{\"result\":null,\"error\":\"a \\\"b\\\"\\n\xEF\xBF\xBD\",\"id\":1}\n");
}

TEST(JsonRpcV1, IsSpokenWhereJsonrpcIsAnythingButTheString20) {
  for (const char *version : {R"("1.0")", R"("2")", "2.0", "null", R"(["2.0"])", R"("2.0 ")"}) {
    EXPECT_EQ(serve(v1(R"("params":[],"id":1,"jsonrpc":)"s + version)).reply.body,
              "{\"result\":{\"ok\":true},\"error\":null,\"id\":1}\n")
        << version;
  }
}

TEST(JsonRpcExchange, CountsEachAnswerOnce) {
  Exchange exchange({"POST", "application/json"},
                    "[" + v2(R"("id":1)") + "," + v2(R"("id":2)") + "]", {}, is_known);

  EXPECT_FALSE(exchange.answer(0, result("1")));
  EXPECT_FALSE(exchange.answer(0, result("9")));
  EXPECT_TRUE(exchange.answer(1, result("2")));

  EXPECT_EQ(std::move(exchange).reply().body, "[{\"jsonrpc\":\"2.0\",\"result\":1,\"id\":1},{"
                                              "\"jsonrpc\":\"2.0\",\"result\":2,\"id\":2}]\n");
}

TEST(JsonRpcExchange, KeepsItsCallsValidWhenItIsMoved) {
  Exchange first({"POST", "application/json"}, v1(R"("params":{"a":1},"id":"short")"), {},
                 is_known);
  Exchange second = std::move(first);
  Exchange third({"PUT", ""}, "", {}, is_known);
  third = std::move(second);

  ASSERT_EQ(third.calls().size(), 1U);
  EXPECT_EQ(third.calls()[0].method, "A.Get");
  EXPECT_EQ(third.calls()[0].params_json, R"({"a":1})");
  EXPECT_TRUE(third.answer(0, result("1")));
  EXPECT_EQ(std::move(third).reply().body, "{\"result\":1,\"error\":null,\"id\":\"short\"}\n");
}

} // namespace
