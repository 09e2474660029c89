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

struct Head {
  std::string_view method;
  std::string_view content_type;
  unsigned status;
};

void PrintTo(const Head &head, std::ostream *out) {
  *out << head.method << " " << head.content_type;
}

class JsonRpcHead : public testing::TestWithParam<Head> {};

TEST_P(JsonRpcHead, DecidesWhetherTheBodyIsRead) {
  const Served served = serve(v1(R"("params":[],"id":1)"), result(), {},
                              {GetParam().method, GetParam().content_type});

  EXPECT_EQ(served.reply.status, GetParam().status);
  EXPECT_EQ(served.params.size(), GetParam().status == 200 ? 1U : 0U);
  EXPECT_EQ(served.reply.content_type, GetParam().status == 200 ? kJson : kText);
  EXPECT_EQ(served.reply.allow, GetParam().status == 405 ? "GET, POST" : "");
}

INSTANTIATE_TEST_SUITE_P(
    Methods, JsonRpcHead,
    testing::Values(Head{"POST", "application/json", 200}, Head{"GET", "application/json", 200},
                    Head{"HEAD", "application/json", 405}, Head{"PUT", "application/json", 405},
                    Head{"DELETE", "application/json", 405}, Head{"OPTIONS", "", 405},
                    Head{"post", "application/json", 405}, Head{"", "application/json", 405}));

INSTANTIATE_TEST_SUITE_P(
    ContentTypes, JsonRpcHead,
    testing::Values(Head{"POST", "Application/JSON", 200},
                    Head{"POST", "application/json; charset=utf-8", 200},
                    Head{"POST", "application/json;charset=latin1;x=\"y;z\"", 200},
                    Head{"POST", " \tapplication/json \t; a=b", 200},
                    Head{"GET", "application/json ", 200}, Head{"POST", "", 415},
                    Head{"GET", "", 415}, Head{"POST", " ", 415}, Head{"POST", ";", 415},
                    Head{"POST", "text/json", 415}, Head{"POST", "application/jsonx", 415},
                    Head{"POST", "application/jso", 415}, Head{"POST", "application /json", 415},
                    Head{"POST", "application/json-rpc", 415},
                    Head{"POST", "application/json, text/plain", 415},
                    Head{"POST", "application/x-www-form-urlencoded", 415}));

TEST(JsonRpcHeadOrder, IsMethodThenContentTypeThenSizeThenSyntax) {
  const Limits small{.body = 4};

  EXPECT_EQ(serve("nonsense", result(), small, {"PUT", "text/html"}).reply.status, 405U);
  EXPECT_EQ(serve("nonsense", result(), small, {"POST", "text/html"}).reply.status, 415U);
  EXPECT_EQ(serve("nonsense", result(), small).reply.status, 413U);
  EXPECT_EQ(serve("nons", result(), small).reply.status, 400U);
}

struct Refused {
  std::string body;
  unsigned status;
  std::string text;
};

void PrintTo(const Refused &refused, std::ostream *out) {
  *out << refused.body.substr(0, 60);
}

class JsonRpcRefused : public testing::TestWithParam<Refused> {};

TEST_P(JsonRpcRefused, IsPlainTextThatNamesTheCause) {
  const Served served = serve(GetParam().body);

  EXPECT_TRUE(served.params.empty());
  EXPECT_EQ(served.reply.status, GetParam().status);
  EXPECT_EQ(served.reply.content_type, kText);
  EXPECT_EQ(served.reply.allow, "");
  EXPECT_EQ(served.reply.body, GetParam().text);
}

const std::string kNotSingular = ": The document root must not be followed by other values.";

INSTANTIATE_TEST_SUITE_P(
    Syntax, JsonRpcRefused,
    testing::Values(
        Refused{"", 400, kInvalid + "0: The document is empty."},
        Refused{" \r\n", 400, kInvalid + "3: The document is empty."},
        Refused{"{\"method\":", 400, kInvalid + "10: Invalid value."},
        Refused{"[1,", 400, kInvalid + "3: Invalid value."},
        Refused{v1(R"("params":[],"id":1)") + "x", 400, kInvalid + "37" + kNotSingular},
        Refused{v1(R"("params":[],"id":1)") + " {}", 400, kInvalid + "38" + kNotSingular},
        Refused{v2(R"("params":[],"id":1)") + "]", 400, kInvalid + "53" + kNotSingular},
        Refused{v1(R"("params":[],"id":1)") + "\0"s, 400, kInvalid + "37: text after the value"},
        Refused{"{\"method\":\"A.\xFF\"}", 400, kInvalid + "13: Invalid encoding in string."},
        Refused{R"({"method":"A.\udfff"})", 400,
                kInvalid + "20: half of a surrogate pair in a string"},
        Refused{"1", 400, "rpc: request is a number, expected an object or an array"},
        Refused{"null", 400, "rpc: request is null, expected an object or an array"},
        Refused{"\"A.Get\"", 400, "rpc: request is a string, expected an object or an array"},
        Refused{"true", 400, "rpc: request is a boolean, expected an object or an array"}));

INSTANTIATE_TEST_SUITE_P(
    Method, JsonRpcRefused,
    testing::Values(
        Refused{R"({})", 400, "rpc: method is missing, expected a string"},
        Refused{R"({"method":null,"params":[]})", 400, "rpc: method is null, expected a string"},
        Refused{R"({"method":7,"params":[]})", 400, "rpc: method is a number, expected a string"},
        Refused{R"({"method":["A.Get"]})", 400, "rpc: method is an array, expected a string"},
        Refused{R"({"method":"A.Nope","params":[],"id":1})", 400,
                R"(rpc: can't find method "A.Nope")"},
        Refused{R"({"method":"B.Get","params":[],"id":1})", 400,
                R"(rpc: can't find method "B.Get")"},
        Refused{R"({"method":"Get"})", 400, R"(rpc: can't find method "Get")"},
        Refused{R"({"method":"a.get"})", 400, R"(rpc: can't find method "a.get")"},
        Refused{R"({"method":""})", 400, R"(rpc: can't find method "")"},
        Refused{R"({"method":"A.Get\u0000"})", 400, R"(rpc: can't find method "A.Get\u0000")"},
        Refused{R"({"method":"A\r\n\u001b[2J\u009b\""})", 400,
                R"(rpc: can't find method "A\r\n\u001b[2J\u009b\"")"},
        Refused{R"({"method":")" + std::string(100, 'x') + "\"}", 400,
                "rpc: can't find method \"" + std::string(100, 'x') + "\""},
        Refused{R"({"method":")" + std::string(101, 'x') + "\"}", 400,
                "rpc: can't find method \"" + std::string(100, 'x') + "\"..."},
        Refused{R"({"method":")" + std::string(99, 'x') + "éé\"}", 400,
                "rpc: can't find method \"" + std::string(99, 'x') + "\"..."}));

INSTANTIATE_TEST_SUITE_P(
    Params, JsonRpcRefused,
    testing::Values(Refused{R"({"method":"A.Get","id":1})", 400,
                            "rpc: params is missing, expected an array or an object"},
                    Refused{R"({"method":"A.Get"})", 400,
                            "rpc: params is missing, expected an array or an object"},
                    Refused{v1(R"("params":null,"id":1)"), 400,
                            "rpc: params is null, expected an array or an object"},
                    Refused{v1(R"("params":"x","id":1)"), 400,
                            "rpc: params is a string, expected an array or an object"},
                    Refused{v1(R"("params":1,"id":1)"), 400,
                            "rpc: params is a number, expected an array or an object"},
                    Refused{v1(R"("params":false,"id":1)"), 400,
                            "rpc: params is a boolean, expected an array or an object"},
                    Refused{v1(R"("params":[1],"id":1)"), 400,
                            "rpc: params[0] is a number, expected an object"},
                    Refused{v1(R"("params":["{}"],"id":1)"), 400,
                            "rpc: params[0] is a string, expected an object"},
                    Refused{v1(R"("params":[[{}]],"id":1)"), 400,
                            "rpc: params[0] is an array, expected an object"},
                    Refused{v1(R"("params":[true,{}],"id":1)"), 400,
                            "rpc: params[0] is a boolean, expected an object"}));

TEST(JsonRpcRefusal, OfAContentTypeShowsItEscapedAndCut) {
  const auto text = [](const std::string &type) {
    return serve("{}", result(), {}, {"POST", type}).reply.body;
  };

  EXPECT_EQ(text("text/\x1B[2J\n"),
            R"(rpc: unrecognized Content-Type "text/\u001b[2J\n", expected application/json)");
  EXPECT_EQ(text(std::string(100000, 'x')), "rpc: unrecognized Content-Type \"" +
                                                std::string(100, 'x') +
                                                "\"..., expected application/json");
}

TEST(JsonRpcRefusal, OfAnHttpMethodNamesItAndWhatIsServed) {
  EXPECT_EQ(serve("{}", result(), {}, {"P\x7FT", ""}).reply.body,
            R"(HTTP method "P\u007fT", expected POST or GET)");
}

} // namespace
