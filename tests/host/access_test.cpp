// SPDX-License-Identifier: Apache-2.0
//
// What a page of another site has a browser ask is refused, and what is refused is refused at the
// head.
#include "fixture.hpp"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <unistd.h>

namespace host_test {
namespace {

/// A call with these headers and no others than it needs.
std::string call_with(const std::vector<std::string> &headers) {
  const std::string body = call_body("Probe.Echo");
  std::string text = std::string("POST ") + kPath + " HTTP/1.1\r\n" + kJsonHeader + "\r\n";
  for (const std::string &header : headers)
    text += header + "\r\n";
  return text + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string machine_name() {
  std::array<char, 256> name{};
  EXPECT_EQ(::gethostname(name.data(), name.size() - 1), 0);
  return name.data();
}

class Access : public testing::Test {
protected:
  static void SetUpTestSuite() {
    server_ = std::make_unique<Server>(
        std::vector<std::string>{},
        std::vector<std::string>{R"(MISTIFY_SERVER_NAMES=["agent.example","Other"])"});
  }
  static void TearDownTestSuite() {
    EXPECT_EQ(server_->end(), 0);
    server_.reset();
  }
  static HttpResponse ask(const std::vector<std::string> &headers) {
    return server_->exchange(call_with(headers));
  }
  static inline std::unique_ptr<Server> server_;
};

TEST_F(Access, IsByTheNamesThatTheServerHas) {
  const std::string port = std::to_string(server_->port());
  for (const std::string &host :
       {std::string("localhost"), "LocalHost:" + port, std::string("localhost."),
        "127.0.0.1:" + port, std::string("10.1.2.3"), "[::1]:" + port, std::string("[fe80::1]"),
        machine_name(), machine_name() + ":" + port, std::string("Agent.Example:30001"),
        std::string("agent.example."), std::string("other")})
    EXPECT_EQ(ask({"Host: " + host}).status, 200) << host;
}

TEST_F(Access, IsNotByAnotherName) {
  for (const char *host : {"attacker.example", "localhost.attacker.example", "127.0.0.1.nip.io:80",
                           "[::1].attacker.example.[", "[localhost]", "127.1", "0x7f000001",
                           "agent.example.attacker.example", "..", "localhost@attacker.example"}) {
    const HttpResponse response = ask({std::string("Host: ") + host});
    EXPECT_EQ(response.status, 421) << host;
    EXPECT_NE(response.body.find(host), std::string::npos) << response.body;
    EXPECT_NE(response.body.find("server_names"), std::string::npos) << response.body;
  }
}

TEST_F(Access, IsNotByAnotherNameInTheTargetEither) {
  std::string request = call_with({"Host: localhost"});
  request.replace(request.find('/'), 0, "http://attacker.example");
  EXPECT_EQ(server_->exchange(request).status, 421);
}

TEST_F(Access, OfOtherPathsIsNotByAnotherName) {
  for (const char *path : {"/healthz", "/images", "/nope"}) {
    const HttpResponse response = server_->exchange(std::string("GET ") + path +
                                                    " HTTP/1.1\r\nHost: attacker.example\r\n\r\n");
    EXPECT_EQ(response.status, 421) << path;
  }
}

TEST_F(Access, IsForPagesOfThisServerOnly) {
  EXPECT_EQ(ask({"Host: localhost:30001", "Origin: http://localhost:30001"}).status, 200);
  EXPECT_EQ(ask({"Host: agent.example", "Origin: https://Agent.Example"}).status, 200);
  for (const char *origin :
       {"http://attacker.example", "null", "http://localhost", "http://localhost:30002",
        "file://localhost:30001", "http://localhost:30001.attacker.example"}) {
    const HttpResponse response = ask({"Host: localhost:30001", std::string("Origin: ") + origin});
    EXPECT_EQ(response.status, 403) << origin;
    EXPECT_NE(response.body.find(origin), std::string::npos) << response.body;
  }
  EXPECT_EQ(ask({"Host: localhost", "Origin: http://localhost", "Origin: http://x"}).status, 403);
}

/// What a page may have a browser send without asking the server first, as the Fetch standard has
/// it, and what it sends where it asks.
TEST_F(Access, IsNotForWhatABrowserSendsAcrossSites) {
  for (const char *type : {"text/plain", "application/x-www-form-urlencoded",
                           "multipart/form-data; boundary=application/json"}) {
    const std::string request = wire::request_text("POST", kPath, call_body("Probe.Echo"),
                                                   {std::string("Content-Type: ") + type});
    EXPECT_EQ(server_->exchange(request).status, 415) << type;
  }
  const HttpResponse preflight = server_->exchange(
      wire::request_text("OPTIONS", kPath, "", {"Access-Control-Request-Method: POST"}));
  EXPECT_EQ(preflight.status, 405);
  EXPECT_EQ(preflight.header("access-control-allow-origin"), "");
}

struct HeadRow {
  std::string line;
  std::vector<std::string> headers;
  int status;
};

TEST_F(Access, IsRefusedBeforeTheBodyIsSent) {
  const HeadRow rows[] = {
      {"POST /nope", {kJsonHeader, "Host: localhost"}, 404},
      {"PUT /_mistify_RPC_", {kJsonHeader, "Host: localhost"}, 405},
      {"POST /healthz", {kJsonHeader, "Host: localhost"}, 405},
      {"POST /_mistify_RPC_", {"Content-Type: text/plain", "Host: localhost"}, 415},
      {"POST /_mistify_RPC_", {kJsonHeader, "Host: attacker.example"}, 421},
      {"POST /_mistify_RPC_", {kJsonHeader, "Host: localhost", "Origin: null"}, 403},
  };
  for (const HeadRow &row : rows) {
    std::string head = row.line + " HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 100\r\n";
    for (const std::string &header : row.headers)
      head += header + "\r\n";
    const RawSocket socket(server_->port());
    socket.send(head + "\r\n");
    socket.end_sending();

    const std::string all = socket.read_all();

    EXPECT_EQ(all.substr(0, 12), "HTTP/1.1 " + std::to_string(row.status)) << all;
    EXPECT_NE(all.find("Connection: close"), std::string::npos) << all;
  }
}

TEST_F(Access, ThatIsRefusedEndsNoConnectionWithoutABody) {
  Connection connection = server_->connect();
  connection.send(wire::request_text("GET", "/nope"));
  EXPECT_EQ(connection.receive().status, 404);
  connection.send(call_request("Probe.Echo"));
  EXPECT_EQ(connection.receive().status, 200);
}

TEST(Listening, WarnsWhereOtherMachinesMayReachIt) {
  const auto log_of = [](const std::string &address) {
    Server server({"--listen", address});
    EXPECT_EQ(server.end(), 0);
    return server.process().output();
  };
  const std::string open = log_of("0.0.0.0:0");
  EXPECT_TRUE(has_match(open, R"(W.*\] listening on 0\.0\.0\.0, which other machines may reach: )"
                              "whoever does controls the engine"))
      << open;
  EXPECT_NE(log_of("[::]:0").find("listening on ::, which other machines"), std::string::npos);
  EXPECT_EQ(log_of("127.0.0.2:0").find("other machines"), std::string::npos);
}

} // namespace
} // namespace host_test
