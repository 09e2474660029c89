// SPDX-License-Identifier: Apache-2.0
//
// The framing of wire requests over real HTTP, in front of real methods.
#include "fixture.hpp"
#include "pattern.hpp"

namespace wire {
namespace {

constexpr const char *kText = "text/plain; charset=utf-8";
constexpr const char *kJson = "application/json; charset=utf-8";
constexpr const char *kRuns = "^\\{\"result\":null,\"error\":\"missing id\",\"id\":1\\}\n$";

/// One HTTP request, as its text, and what comes back.
struct Row {
  const char *name;
  std::string request;
  int status;
  std::string content_type;
  std::string body; ///< A regular expression that the body holds a match of.
};

std::string post(std::string_view body, std::string_view content_type = "application/json") {
  return request_text("POST", kRpcPath, body, {"Content-Type: " + std::string(content_type)});
}

/// A call of GetContainer, whose params and the rest of the object are given.
std::string get_container(std::string_view rest) {
  return post(R"({"method":"MDocker.GetContainer",)" + std::string(rest) + "}");
}

std::string chunked(std::string_view body) {
  const auto half = body.size() / 2;
  char sizes[2][17];
  std::snprintf(sizes[0], sizeof sizes[0], "%zx", half);
  std::snprintf(sizes[1], sizeof sizes[1], "%zx", body.size() - half);
  return request_text("POST", kRpcPath, {}, {kJsonHeader, "Transfer-Encoding: chunked"}) +
         sizes[0] + "\r\n" + std::string(body.substr(0, half)) + "\r\n" + sizes[1] + "\r\n" +
         std::string(body.substr(half)) + "\r\n0\r\n\r\n";
}

constexpr std::string_view kCall = R"({"method":"MDocker.GetContainer","params":[{}],"id":1})";

std::vector<Row> http_rows() {
  const std::string big(2U << 20U, ' ');
  return {
      {"GET with a body", request_text("GET", kRpcPath, kCall, {kJsonHeader}), 200, kJson, kRuns},
      {"another HTTP method", request_text("PUT", kRpcPath, kCall, {kJsonHeader}), 405, kText, "."},
      {"no Content-Type", request_text("POST", kRpcPath, kCall), 415, kText, "."},
      {"another Content-Type", post(kCall, "text/xml"), 415, kText, "."},
      {"Content-Type in another case, with parameters",
       post(kCall, "Application/JSON ; charset=utf-8"), 200, kJson, kRuns},
      {"malformed JSON", post(R"({"method":)"), 400, kText, "."},
      {"empty body", request_text("POST", kRpcPath, {}, {kJsonHeader, "Content-Length: 0"}), 400,
       kText, "."},
      {"text after the value", post(std::string(kCall) + "{}"), 400, kText, "."},
      {"a body over the limit", post(std::string(kCall) + big), 413, kText, "."},
      {"chunked", chunked(kCall), 200, kJson, kRuns},
      {"HTTP/1.0",
       "POST /_mistify_RPC_ HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: " +
           std::to_string(kCall.size()) + "\r\n\r\n" + std::string(kCall),
       200, kJson, kRuns},
      {"no Host in HTTP/1.1",
       "POST /_mistify_RPC_ HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: " +
           std::to_string(kCall.size()) + "\r\n\r\n" + std::string(kCall),
       400, kText, "."},
      {"another path", request_text("POST", "/other", kCall, {kJsonHeader}), 404, kText, "."},
      {"the profiler is left out", request_text("GET", "/debug/pprof/"), 404, kText, "."},
  };
}

std::vector<Row> json_rpc_1_rows() {
  const std::string digits = "123456789012345678901234567890";
  std::string deep = R"("params":[{"x":)";
  deep += std::string(62, '[') + std::string(62, ']') + R"(}],"id":1)";
  return {
      {"unknown method", post(R"({"method":"MDocker.Nope","params":[{}],"id":1})"), 400, kText,
       R"(rpc: can't find method "MDocker\.Nope")"},
      {"unknown service", post(R"({"method":"Nope.GetInfo","params":[{}],"id":1})"), 400, kText,
       R"("Nope\.GetInfo")"},
      {"no dot in the name", post(R"({"method":"GetInfo","params":[{}],"id":1})"), 400, kText,
       R"("GetInfo")"},
      {"params missing", get_container(R"("id":1)"), 400, kText, "params"},
      {"params null", get_container(R"("params":null,"id":1)"), 400, kText, "params"},
      {"params []", get_container(R"("params":[],"id":1)"), 200, kJson, kRuns},
      {"params [null]", get_container(R"("params":[null],"id":1)"), 200, kJson, kRuns},
      {"params [{}]", get_container(R"("params":[{}],"id":1)"), 200, kJson, kRuns},
      {"params an object", get_container(R"("params":{"id":"mw-o"},"id":1)"), 200, kJson,
       "No such container: mw-o"},
      {"two params", get_container(R"("params":[{"id":"mw-1"},{"id":"mw-2"}],"id":1)"), 200, kJson,
       "No such container: mw-1"},
      {"a field of the wrong type", get_container(R"("params":[{"id":5}],"id":1)"), 400, kText,
       "id.*string.*number|id.*number.*string"},
      {"unknown fields", get_container(R"("params":[{"x":{}}],"y":[],"id":1)"), 200, kJson, kRuns},
      {"keys in another case, the last wins",
       post(
           R"({"METHOD":"MDocker.GetContainer","Params":[{"id":"mw-a","ID":"mw-b"}],"Id":0,"id":1})"),
       200, kJson, R"(No such container: mw-b.*"id":1\})"},
      {"an id with a trailing zero", get_container(R"("params":[{}],"id":1.50)"), 200, kJson,
       R"("id":1\.50\})"},
      {"an id of 30 digits", get_container(R"("params":[{}],"id":)" + digits), 200, kJson,
       R"("id":)" + digits},
      {"an id that is an object", get_container(R"("params":[{}],"id":{"a": [1]})"), 200, kJson,
       R"("id":\{"a": \[1\]\}\})"},
      {"id missing", get_container(R"("params":[{}])"), 200, "*", "^$"},
      {"id null", get_container(R"("params":[{}],"id":null)"), 200, "*", "^$"},
      {"nested too deep", get_container(deep), 400, kText, "."},
  };
}

std::vector<Row> json_rpc_2_rows() {
  const auto call = [](std::string_view rest) {
    return R"({"jsonrpc":"2.0","method":"MDocker.GetContainer",)" + std::string(rest) + "}";
  };
  return {
      {"2.0: a result",
       post(
           R"({"jsonrpc":"2.0","method":"MDocker.ListContainers","params":{"opts":{"Filters":{"name":["mw-none"]}}},"id":1})"),
       200, kJson, R"(\{"jsonrpc":"2\.0","result":\{"containers":\[\]\},"id":1\})"},
      {"2.0: unknown method", post(R"({"jsonrpc":"2.0","method":"MDocker.Nope","id":1})"), 200,
       kJson, R"("error":\{"code":-32601,.*MDocker\.Nope.*"id":1)"},
      {"2.0: a field of the wrong type", post(call(R"("params":[{"id":5}],"id":1)")), 200, kJson,
       R"("error":\{"code":-32602,)"},
      {"2.0: the method's own error", post(call(R"("params":{},"id":1)")), 200, kJson,
       R"("error":\{"code":-32000,"message":"missing id")"},
      {"2.0: data for machines", post(call(R"("params":{"id":"mw-none"},"id":1)")), 200, kJson,
       R"("data":\{.*"kind":"not_found")"},
      {"2.0: a notification", post(call(R"("params":{})")), 204, "*", "^$"},
      {"2.0: id null is answered", post(call(R"("params":{},"id":null)")), 200, kJson,
       R"("id":null)"},
      {"2.0: a batch",
       post("[" + call(R"("params":{},"id":1)") + "," + call(R"("params":{},"id":"b")") + "]"), 200,
       kJson, R"(^\[\{"jsonrpc".*"id":1\},\{"jsonrpc".*"id":"b"\}\][[:space:]]?$)"},
  };
}

class Framing : public OnEngine {
protected:
  static void check(const std::vector<Row> &rows) {
    for (const Row &row : rows) {
      SCOPED_TRACE(row.name);
      Connection connection = Connection::to_port(host().port());
      connection.send(row.request);
      const HttpResponse response = connection.receive();
      EXPECT_EQ(response.status, row.status) << response.body;
      if (row.content_type != "*") {
        EXPECT_EQ(response.header("content-type"), row.content_type);
      }
      EXPECT_TRUE(contains(response.body, row.body)) << response.body;
    }
  }
};

TEST_F(Framing, HttpIsServedAsTheTableSays) {
  check(http_rows());
}
TEST_F(Framing, JsonRpc1IsServedAsTheTableSays) {
  check(json_rpc_1_rows());
}
TEST_F(Framing, JsonRpc2IsServedAsItsSpecificationSays) {
  check(json_rpc_2_rows());
}

TEST_F(Framing, ARefusedHttpMethodIsToldWhatIsServed) {
  Connection connection = Connection::to_port(host().port());
  connection.send(request_text("DELETE", kRpcPath));
  const HttpResponse response = connection.receive();
  EXPECT_EQ(response.status, 405);
  EXPECT_NE(response.header("allow").find("GET"), std::string::npos);
  EXPECT_NE(response.header("allow").find("POST"), std::string::npos);
}

TEST_F(Framing, OneConnectionCarriesManyCallsAlsoPipelined) {
  Connection connection = Connection::to_port(host().port());
  const std::string info = post(rpc_body("MDocker.GetInfo", "{}"));
  connection.send(info);
  EXPECT_TRUE(has(connection.receive().body, {"result", "ID"}));

  connection.send(info + post(kCall) + info);

  EXPECT_TRUE(has(connection.receive().body, {"result", "ID"}));
  EXPECT_EQ(text_at(connection.receive().body, {"error"}), "missing id");
  EXPECT_TRUE(has(connection.receive().body, {"result", "ID"}));
}

TEST_F(Framing, AnExpectedContinueIsGiven) {
  Connection connection = Connection::to_port(host().port());
  const std::string request =
      request_text("POST", kRpcPath, kCall, {kJsonHeader, "Expect: 100-continue"});
  connection.send(request.substr(0, request.size() - kCall.size()));
  connection.await_text("HTTP/1.1 100 Continue\r\n\r\n");

  connection.send(kCall);

  EXPECT_EQ(connection.receive().status, 200);
}

TEST_F(Framing, HealthNamesTheEnginesState) {
  const HttpResponse response = host().get("/healthz");

  EXPECT_EQ(response.status, 200);
  EXPECT_NE(response.body.find("\"ready\":true"), std::string::npos) << response.body;
}

} // namespace
} // namespace wire
