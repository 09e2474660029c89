// SPDX-License-Identifier: Apache-2.0
//
// HTTP's side of the framing, row by row, as bytes on a socket.
#include "fixture.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace host_test {
namespace {

constexpr const char *kText = "text/plain; charset=utf-8";
constexpr const char *kJson = "application/json; charset=utf-8";
constexpr const char *kRuns = "^\\{\"result\":\\{\"x\":1\\},\"error\":null,\"id\":1\\}\n$";

struct Case {
  const char *name;
  std::string request;
  int status;
  std::string content_type;
  std::string body; ///< A regular expression that the body holds a match of.
};

std::string head(std::initializer_list<std::string_view> lines) {
  std::string out;
  for (const std::string_view line : lines)
    out.append(line).append("\r\n");
  return out + "\r\n";
}

std::string body() {
  return call_body("Probe.Echo", R"({"x":1})");
}
std::string length() {
  return "Content-Length: " + std::to_string(body().size());
}
std::string post(std::string_view text, std::string_view content_type = "application/json") {
  return wire::request_text("POST", kPath, text, {"Content-Type: " + std::string(content_type)});
}

std::vector<Case> served() {
  const std::string text = body();
  return {
      {"POST", post(text), 200, kJson, kRuns},
      {"GET with a body", wire::request_text("GET", kPath, text, {kJsonHeader}), 200, kJson, kRuns},
      {"params an object", post(R"({"method":"Probe.Echo","params":{"x":1},"id":1})"), 200, kJson,
       kRuns},
      {"media type in another case, with parameters", post(text, "Application/JSON ;charset=x"),
       200, kJson, kRuns},
      {"a query behind the path",
       wire::request_text("POST", "/_mistify_RPC_?trace=1", text, {kJsonHeader}), 200, kJson,
       kRuns},
      {"the target as proxies write it",
       wire::request_text("POST", "http://localhost/_mistify_RPC_", text, {kJsonHeader}), 200,
       kJson, kRuns},
      {"an empty line before the request", "\r\n" + post(text), 200, kJson, kRuns},
      {"a method's failure", post(call_body("Probe.Fail", R"({"message":"no"})")), 200, kJson,
       "^\\{\"result\":null,\"error\":\"no\",\"id\":1\\}\n$"},
      {"no id", post(R"({"method":"Probe.Echo","params":[{}]})"), 200, kJson, "^$"},
      {"2.0", post(R"({"jsonrpc":"2.0","method":"Probe.Echo","params":{"x":1},"id":"a"})"), 200,
       kJson, R"("result":\{"x":1\})"},
      {"2.0, a batch", post(R"([{"jsonrpc":"2.0","method":"Probe.Echo","params":{"n":1},"id":1},
                {"jsonrpc":"2.0","method":"Probe.Nope","id":2},
                {"jsonrpc":"2.0","method":"Probe.Echo","params":{"n":3},"id":3}])"),
       200, kJson, R"(\{"n":1\}.*-32601.*\{"n":3\})"},
      {"2.0, a notification",
       wire::request_text("POST", kPath, R"({"jsonrpc":"2.0","method":"Probe.Echo"})",
                          {kJsonHeader}),
       204, "", "^$"},
  };
}

std::vector<Case> refused() {
  const std::string text = body();
  const std::string type = kJsonHeader;
  return {
      {"no Content-Type", wire::request_text("POST", kPath, text), 415, kText, "Content-Type"},
      {"another Content-Type", post(text, "text/plain"), 415, kText, "text/plain"},
      {"malformed JSON", post("{"), 400, kText, "."},
      {"empty body",
       head({"POST /_mistify_RPC_ HTTP/1.1", "Host: localhost", type, "Content-Length: 0"}), 400,
       kText, "."},
      {"unknown method", post(call_body("Probe.Nope")), 400, kText, "Probe.Nope"},
      {"another path", wire::request_text("POST", "/rpc", text, {kJsonHeader}), 404, kText,
       "/_mistify_RPC_"},
      {"profiler", wire::request_text("GET", "/debug/pprof/"), 404, kText, "."},
      {"no Host in HTTP/1.1", head({"POST /_mistify_RPC_ HTTP/1.1", type, length()}) + text, 400,
       kText, "Host"},
      {"two Hosts",
       head({"POST /_mistify_RPC_ HTTP/1.1", "Host: a", "Host: b", type, length()}) + text, 400,
       kText, "Host"},
      {"two Content-Lengths that differ",
       head({"POST /_mistify_RPC_ HTTP/1.1", "Host: localhost", type, length(),
             "Content-Length: 1"}) +
           text,
       400, kText, "Content-Length"},
      {"two equal Content-Lengths",
       head({"POST /_mistify_RPC_ HTTP/1.1", "Host: localhost", type, length(), length()}) + text,
       400, kText, "Content-Length"},
      {"Content-Length beside chunks",
       head({"POST /_mistify_RPC_ HTTP/1.1", "Host: localhost", type, length(),
             "Transfer-Encoding: chunked"}) +
           text,
       400, kText, "."},
      {"another transfer coding",
       head({"POST /_mistify_RPC_ HTTP/1.1", "Host: localhost", type, "Transfer-Encoding: gzip"}),
       501, kText, "chunked"},
      {"chunks in HTTP/1.0",
       head({"POST /_mistify_RPC_ HTTP/1.0", type, "Transfer-Encoding: chunked"}) + "0\r\n\r\n",
       400, kText, "HTTP/1.0"},
      {"a chunk without a size",
       head({"POST /_mistify_RPC_ HTTP/1.1", "Host: localhost", type,
             "Transfer-Encoding: chunked"}) +
           "zz\r\n",
       400, kText, "."},
      {"Content-Length that is no number",
       head({"POST /_mistify_RPC_ HTTP/1.1", "Host: localhost", type, "Content-Length: -1"}), 400,
       kText, "."},
      {"HTTP/2.0", head({"POST /_mistify_RPC_ HTTP/2.0", "Host: localhost"}), 400, kText,
       "version"},
      {"no HTTP at all", "hello\r\n\r\n", 400, kText, "."},
      {"an expectation that nobody has",
       head({"POST /_mistify_RPC_ HTTP/1.1", "Host: localhost", type, "Expect: tea", length()}) +
           text,
       417, kText, "100-continue"},
  };
}

class Framing : public testing::TestWithParam<Case> {
protected:
  static void SetUpTestSuite() { server_ = std::make_unique<Server>(); }
  static void TearDownTestSuite() {
    EXPECT_EQ(server_->end(), 0);
    server_.reset();
  }
  static inline std::unique_ptr<Server> server_;
};

TEST_P(Framing, GivesTheStatusTheTypeAndTheBody) {
  const Case &row = GetParam();

  const HttpResponse response = server_->exchange(row.request);

  EXPECT_EQ(response.status, row.status) << response.body;
  if (row.body != "^$") {
    EXPECT_EQ(response.header("content-type"), row.content_type);
  }
  EXPECT_TRUE(has_match(response.body, row.body)) << response.body;
}

std::string row_name(const testing::TestParamInfo<Case> &info) {
  std::string out;
  for (const char *c = info.param.name; *c != '\0'; ++c)
    out += std::isalnum(static_cast<unsigned char>(*c)) != 0 ? *c : '_';
  return out;
}

INSTANTIATE_TEST_SUITE_P(Served, Framing, testing::ValuesIn(served()), row_name);
INSTANTIATE_TEST_SUITE_P(Refused, Framing, testing::ValuesIn(refused()), row_name);

TEST(HttpMethod, OtherThanGetAndPostIsNotAllowed) {
  const Server server;
  for (const char *method : {"PUT", "DELETE", "PATCH", "OPTIONS"}) {
    const HttpResponse response =
        server.exchange(wire::request_text(method, kPath, body(), {kJsonHeader}));
    EXPECT_EQ(response.status, 405) << method;
    EXPECT_EQ(response.header("allow"), "GET, POST") << method;
  }
}

TEST(HttpMethod, HeadIsAnsweredWithoutABody) {
  const Server server;
  const RawSocket socket(server.port());
  socket.send("HEAD /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");

  const std::string all = socket.read_all();

  EXPECT_EQ(all.substr(0, 12), "HTTP/1.1 405");
  EXPECT_EQ(all.substr(all.size() - 4), "\r\n\r\n") << all;
}

TEST(Body, ComesInChunksHoweverTheyAreCut) {
  const Server server;
  const std::string text = body();
  std::string chunks = head({"POST /_mistify_RPC_ HTTP/1.1", "Host: localhost", kJsonHeader,
                             "Transfer-Encoding: chunked"});
  for (const char c : text)
    chunks += std::string("1;ext=\"v\"\r\n") + c + "\r\n";
  chunks += "0\r\nTrailer: Content-Type\r\n\r\n";
  Connection connection = server.connect();

  for (std::size_t i = 0; i < chunks.size(); i += 7)
    connection.send(chunks.substr(i, 7));

  const HttpResponse response = connection.receive();
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(response.body, "{\"result\":{\"x\":1},\"error\":null,\"id\":1}\n");
}

TEST(TraceId, IsTheCallersWhereItIsUsable) {
  const Server server;
  const HttpResponse response =
      server.exchange(call_request("Probe.Trace", "{}", {"X-Request-Id: req 42"}));
  EXPECT_EQ(response.header("x-request-id"), "req 42");
  EXPECT_EQ(response.body, "{\"result\":\"req 42\",\"error\":null,\"id\":1}\n");
}

TEST(TraceId, IsMadeWhereTheCallersIsNotUsable) {
  const Server server;
  for (const std::string &given :
       {std::string(129, 'x'), std::string("a\xC3\xA9"), std::string()}) {
    const HttpResponse response =
        server.exchange(call_request("Probe.Trace", "{}", {"X-Request-Id: " + given}));
    const std::string made = response.header("x-request-id");
    EXPECT_TRUE(has_match(made, "^[0-9a-f]{16}$")) << made;
    EXPECT_NE(response.body.find(made), std::string::npos) << response.body;
  }
}

TEST(TraceId, IsAnotherForEachRequest) {
  const Server server;
  EXPECT_NE(server.call("Probe.Trace").header("x-request-id"),
            server.call("Probe.Trace").header("x-request-id"));
}

} // namespace
} // namespace host_test
