// SPDX-License-Identifier: Apache-2.0
//
// Each limit, and the clear answer of who goes over it.
#include "fixture.hpp"

#include <gtest/gtest.h>

namespace host_test {
namespace {

TEST(BodyLimit, RefusesTheFirstByteTooMany) {
  const std::string body = call_body("Probe.Echo");
  const Server exact({}, {"MISTIFY_LIMITS_BODY=" + std::to_string(body.size())});
  const Server shorter({}, {"MISTIFY_LIMITS_BODY=" + std::to_string(body.size() - 1)});
  EXPECT_EQ(exact.call("Probe.Echo").status, 200);
  EXPECT_EQ(shorter.call("Probe.Echo").status, 413);
}

TEST(BodyLimit, IsAMebibyteUnlessSaidOtherwise) {
  const Server server;
  EXPECT_EQ(server.call("Probe.Echo", R"({"x":")" + std::string(1'000'000, 'x') + "\"}").status,
            200);
  EXPECT_EQ(server.call("Probe.Echo", R"({"x":")" + std::string(1'048'576, 'x') + "\"}").status,
            413);
}

TEST(BodyLimit, CountsChunks) {
  const Server server({}, {"MISTIFY_LIMITS_BODY=100"});
  std::string request =
      wire::request_text("POST", kPath, "", {kJsonHeader, "Transfer-Encoding: chunked"});
  for (int i = 0; i < 11; ++i)
    request += "a\r\n0123456789\r\n";
  EXPECT_EQ(server.exchange(request).status, 413);
}

TEST(BodyLimit, StillReachesAClientThatHasSentItAll) {
  const Server server;
  const std::string body(8U << 20U, ' ');
  const HttpResponse response =
      server.exchange(wire::request_text("POST", kPath, body, {kJsonHeader}));
  EXPECT_EQ(response.status, 413);
  EXPECT_NE(response.body.find("1048576"), std::string::npos) << response.body;
}

TEST(HeaderLimit, RefusesALongHead) {
  const Server server({}, {"MISTIFY_LIMITS_HEADER=1000"});
  EXPECT_EQ(server.exchange(call_request("Probe.Echo", "{}", {"X-Long: " + std::string(700, 'x')}))
                .status,
            200);
  const HttpResponse refused =
      server.exchange(call_request("Probe.Echo", "{}", {"X-Long: " + std::string(1000, 'x')}));
  EXPECT_EQ(refused.status, 431);
  EXPECT_NE(refused.body.find("1000"), std::string::npos) << refused.body;
}

TEST(HeaderLimit, CountsFieldsThatComeOneByOne) {
  const Server server({}, {"MISTIFY_LIMITS_HEADER=1000"});
  Connection connection = server.connect();
  connection.send("POST /_mistify_RPC_ HTTP/1.1\r\nHost: localhost\r\n");
  for (int i = 0; i < 20; ++i)
    connection.send("X-Field-" + std::to_string(i) + ": " + std::string(80, 'x') + "\r\n");
  EXPECT_EQ(connection.receive().status, 431);
}

TEST(HeaderLimit, HoldsForATarget) {
  const Server server;
  EXPECT_EQ(server.exchange(wire::request_text("GET", "/" + std::string(20'000, 'x'))).status, 431);
}

TEST(HeaderLimit, HoldsForAChunksExtension) {
  const Server server;
  EXPECT_EQ(server
                .exchange(wire::request_text("POST", kPath, "",
                                             {kJsonHeader, "Transfer-Encoding: chunked"}) +
                          "1;" + std::string(100'000, 'x'))
                .status,
            431);
}

TEST(ConnectionLimit, AnswersOneTooManyAndEndsIt) {
  const Server server({}, {"MISTIFY_LIMITS_CONNECTIONS=2"});
  const Fifo fifo;
  std::vector<Connection> calling;
  for (int i = 0; i < 2; ++i) {
    calling.push_back(server.connect());
    calling.back().send(call_request("Probe.Hold", fifo.params()));
    ASSERT_EQ(fifo.next(), 'h');
  }
  Connection third = server.connect();

  const HttpResponse response = third.receive();

  EXPECT_EQ(response.status, 503);
  EXPECT_NE(response.body.find("connections"), std::string::npos) << response.body;
  EXPECT_TRUE(third.closed_by_peer());
  calling.pop_back();
  ASSERT_EQ(fifo.next(), 'c');
  EXPECT_EQ(server.call("Probe.Echo").status, 200);
}

TEST(CallLimit, AnswersOneTooManyThatTheHostIsBusy) {
  const Server server({}, {"MISTIFY_LIMITS_CALLS=1"});
  const Fifo fifo;
  {
    Connection first = server.connect();
    first.send(call_request("Probe.Hold", fifo.params()));
    ASSERT_EQ(fifo.next(), 'h');

    const HttpResponse refused = server.call("Probe.Echo");

    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(refused.header("content-type"), "text/plain; charset=utf-8");
  }
  ASSERT_EQ(fifo.next(), 'c');
  EXPECT_EQ(server.call("Probe.Echo").status, 200);
}

constexpr const char *kShortIdle = "MISTIFY_LIMITS_IDLE_MS=500";

TEST(IdleLimit, EndsASilentConnection) {
  const Server server({}, {kShortIdle});
  Connection fresh = server.connect();
  EXPECT_TRUE(fresh.closed_by_peer());
}

TEST(IdleLimit, EndsAConnectionThatIsSilentAfterItsRequest) {
  const Server server({}, {kShortIdle});
  Connection used = server.connect();
  used.send(call_request("Probe.Echo"));
  EXPECT_EQ(used.receive().status, 200);
  EXPECT_TRUE(used.closed_by_peer());
}

TEST(IdleLimit, IsToldToAHeadThatDoesNotEnd) {
  const Server server({}, {kShortIdle});
  Connection connection = server.connect();
  connection.send("POST /_mistify_RPC_ HTTP/1.1\r\nHost: localhost\r\n");
  EXPECT_EQ(connection.receive().status, 408);
  EXPECT_TRUE(connection.closed_by_peer());
}

TEST(IdleLimit, IsToldToABodyThatDoesNotEnd) {
  const Server server({}, {kShortIdle});
  Connection connection = server.connect();
  connection.send(wire::request_text("POST", kPath, "", {kJsonHeader, "Content-Length: 100"}) +
                  "{");
  EXPECT_EQ(connection.receive().status, 408);
}

TEST(IdleLimit, DoesNotHoldForACall) {
  const Server server({"--plugin", EXAMPLE_C_PLUGIN}, {kShortIdle});
  EXPECT_EQ(server.call("ExampleC.Wait", R"({"ms":1200})").status, 200);
}

} // namespace
} // namespace host_test
