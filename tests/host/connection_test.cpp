// SPDX-License-Identifier: Apache-2.0
//
// What becomes of a connection: kept, piped, half closed, lost.
#include "fixture.hpp"

#include <gtest/gtest.h>

namespace host_test {
namespace {

std::string http_1_0(std::string_view header) {
  const std::string body = call_body("Probe.Echo");
  return "POST /_mistify_RPC_ HTTP/1.0\r\nContent-Type: application/json\r\n" +
         std::string(header) + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string numbered(int n) {
  return R"({"n":)" + std::to_string(n) + "}";
}

TEST(KeptConnection, TakesOneRequestAfterTheOther) {
  const Server server;
  Connection connection = server.connect();
  for (int i = 0; i < 3; ++i) {
    connection.send(call_request("Probe.Echo", numbered(i)));
    const HttpResponse response = connection.receive();
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.header("connection"), "");
    EXPECT_NE(response.body.find(numbered(i)), std::string::npos);
  }
}

TEST(KeptConnection, SurvivesARefusedRequest) {
  const Server server;
  Connection connection = server.connect();
  connection.send(wire::request_text("POST", kPath, "{", {kJsonHeader}));
  EXPECT_EQ(connection.receive().status, 400);
  connection.send(call_request("Probe.Echo"));
  EXPECT_EQ(connection.receive().status, 200);
}

TEST(KeptConnection, EndsWhenTheClientAsksForIt) {
  const Server server;
  Connection connection = server.connect();
  connection.send(call_request("Probe.Echo", "{}", {"Connection: close"}));
  EXPECT_EQ(connection.receive().header("connection"), "close");
  EXPECT_TRUE(connection.closed_by_peer());
}

TEST(Http10, EndsAfterTheReply) {
  const Server server;
  const RawSocket socket(server.port());
  socket.send(http_1_0(""));
  const std::string all = socket.read_all();
  EXPECT_EQ(all.substr(0, 15), "HTTP/1.0 200 OK");
  EXPECT_EQ(all.find("keep-alive"), std::string::npos);
}

TEST(Http10, StaysWhereTheClientAsksForIt) {
  const Server server;
  Connection connection = server.connect();
  for (int i = 0; i < 2; ++i) {
    connection.send(http_1_0("Connection: keep-alive\r\n"));
    const HttpResponse response = connection.receive();
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.header("connection"), "keep-alive");
  }
}

TEST(Pipeline, IsAnsweredInOrder) {
  const Server server({"--plugin", EXAMPLE_C_PLUGIN});
  Connection connection = server.connect();
  // The first takes longer than the others.
  std::string requests = call_request("ExampleC.Wait", R"({"ms":100})");
  for (int i = 0; i < 50; ++i)
    requests += call_request("Probe.Echo", numbered(i));

  connection.send(requests);

  EXPECT_NE(connection.receive().body.find("waited_ms"), std::string::npos);
  for (int i = 0; i < 50; ++i)
    EXPECT_NE(connection.receive().body.find(numbered(i)), std::string::npos) << i;
}

TEST(Expect, IsAnsweredBeforeTheBodyIsSent) {
  const Server server;
  Connection connection = server.connect();
  const std::string body = call_body("Probe.Echo");
  connection.send(wire::request_text(
      "POST", kPath, "",
      {kJsonHeader, "Expect: 100-continue", "Content-Length: " + std::to_string(body.size())}));
  connection.await_text("HTTP/1.1 100 Continue\r\n\r\n");
  connection.send(body);
  EXPECT_EQ(connection.receive().status, 200);
}

TEST(Expect, IsRefusedAtOnceForABodyOverTheLimit) {
  const Server server;
  const RawSocket socket(server.port());
  socket.send(wire::request_text("POST", kPath, "",
                                 {kJsonHeader, "Expect: 100-continue", "Content-Length: 1048577"}));
  socket.end_sending();
  EXPECT_EQ(socket.read_all().substr(0, 12), "HTTP/1.1 413");
}

TEST(HalfClosedClient, StillGetsItsReply) {
  const Server server({"--plugin", EXAMPLE_C_PLUGIN});
  const RawSocket socket(server.port());
  socket.send(call_request("ExampleC.Wait", R"({"ms":100})"));
  socket.end_sending();
  const std::string all = socket.read_all();
  EXPECT_EQ(all.substr(0, 15), "HTTP/1.1 200 OK") << all;
  EXPECT_NE(all.find("waited_ms"), std::string::npos) << all;
}

TEST(HalfClosedClient, IsAskedWhetherItIsStillThereWhereTheReplyIsSlow) {
  const Server server({"--plugin", EXAMPLE_C_PLUGIN});
  const RawSocket socket(server.port());
  socket.send(call_request("ExampleC.Wait", R"({"ms":1000})"));
  socket.end_sending();
  const std::string all = socket.read_all();
  EXPECT_EQ(all.find("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK"), 0U) << all;
  EXPECT_NE(all.find("waited_ms"), std::string::npos) << all;
}

TEST(HalfClosedClient, OfHttp10IsSentNothingInterim) {
  const Server server({"--plugin", EXAMPLE_C_PLUGIN});
  const RawSocket socket(server.port());
  const std::string body = call_body("ExampleC.Wait", R"({"ms":100})");
  socket.send("POST /_mistify_RPC_ HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: " +
              std::to_string(body.size()) + "\r\n\r\n" + body);
  socket.end_sending();
  EXPECT_EQ(socket.read_all().substr(0, 15), "HTTP/1.0 200 OK");
}

TEST(HalfClosedClient, IsToldThatItsRequestIsCut) {
  const Server server;
  const RawSocket socket(server.port());
  socket.send(
      "POST /_mistify_RPC_ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      "Content-Length: 10\r\n\r\nabc");
  socket.end_sending();
  EXPECT_EQ(socket.read_all().substr(0, 12), "HTTP/1.1 400");
}

class LostClient : public testing::Test {
protected:
  Fifo fifo;
  Server server;
  RawSocket socket{server.port()};

  void hold() {
    socket.send(call_request("Probe.Hold", fifo.params()));
    ASSERT_EQ(fifo.next(), 'h');
  }
};

TEST_F(LostClient, ByResetHasItsCallCancelled) {
  hold();
  socket.reset();
  EXPECT_EQ(fifo.next(), 'c');
}

TEST_F(LostClient, ByCloseHasItsCallCancelled) {
  hold();
  socket.close();
  EXPECT_EQ(fifo.next(), 'c');
}

TEST_F(LostClient, WithARequestInThePipelineHasItsCallCancelled) {
  socket.send(call_request("Probe.Hold", fifo.params()) + call_request("Probe.Echo"));
  ASSERT_EQ(fifo.next(), 'h');
  socket.reset();
  EXPECT_EQ(fifo.next(), 'c');
}

TEST_F(LostClient, AfterHalfCloseHasItsCallCancelled) {
  hold();
  socket.end_sending();
  socket.reset();
  EXPECT_EQ(fifo.next(), 'c');
}

} // namespace
} // namespace host_test
