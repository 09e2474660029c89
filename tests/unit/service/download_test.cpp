// SPDX-License-Identifier: Apache-2.0
//
// How an archive comes from one of the image service's servers, and what is said where it does not.
#include "fixture.hpp"

#include <double/dead_port.hpp>
#include <double/engine_double.hpp>
#include <image/download.hpp>

#include <gmock/gmock.h>

#include <charconv>
#include <mutex>

namespace mdocker::image {
namespace {

using test::DeadPort;
using test::DnsQuestion;
using test::Reply;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

const std::string kId = "0123abcd-4567-489a-8bcd-ef0123456789";
constexpr const char *kService = "images.example";
constexpr auto kIdle = 60ms;

class Downloading : public test::LookUp {
protected:
  using Seen = test::Came<bool>;

  /// The records of kService; what hosts they name are at 127.0.0.1.
  void know(std::vector<test::SrvData> servers) {
    const std::lock_guard lock(mutex_);
    servers_ = std::move(servers);
  }
  /// So many questions for that name are not answered.
  void ignore(const std::string &name, unsigned times) {
    const std::lock_guard lock(mutex_);
    ignored_ = {name, times};
  }
  void serve(Reply reply) {
    answer_with([reply = std::move(reply)](const test::Request &) { return reply; });
  }
  void answer_with(test::EngineDouble::Script script) {
    const std::lock_guard lock(mutex_);
    script_ = std::move(script);
  }
  [[nodiscard]] std::uint16_t port() const {
    const std::string endpoint = server_.tcp_endpoint();
    std::uint16_t port = 0;
    std::from_chars(endpoint.data() + endpoint.rfind(':') + 1, endpoint.data() + endpoint.size(),
                    port);
    return port;
  }
  [[nodiscard]] std::size_t asked() const { return server_.requests().size(); }

  Seen fetch() {
    Inflow pipe(std::size_t{1} << 20U, [] {});
    Download download(io_.get_executor(), service_, {.connect = kConnect, .idle = kIdle, .ca = {}},
                      pipe, [] {});
    return await(run_to_its_end(download));
  }

  static constexpr auto kConnect = 300ms;

private:
  static test::asio::awaitable<bool> run_to_its_end(Download &download) {
    std::string id = kId;
    co_await download.run(std::move(id));
    co_return true;
  }
  // [the double's thread]
  std::vector<std::string> reply_to(const DnsQuestion &question) {
    const std::lock_guard lock(mutex_);
    if (question.name() == ignored_.first && ignored_.second > 0) {
      --ignored_.second;
      return {};
    }
    std::vector<test::DnsRecord> records;
    if (question.type() == test::kDnsSrv)
      for (const test::SrvData &server : servers_)
        records.push_back(test::srv_record(kService, server));
    if (question.type() == test::kDnsA)
      records.push_back(test::a_record(question.name(), "127.0.0.1"));
    const bool cut = !question.tcp && records.size() > 8;
    if (cut)
      records.clear();
    return {test::dns_reply(question, test::Rcode::ok, records, cut)};
  }

  std::mutex mutex_;
  std::vector<test::SrvData> servers_;
  std::pair<std::string, unsigned> ignored_;
  test::EngineDouble::Script script_ = [](const test::Request &) {
    return Reply().send("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\narchive").close();
  };
  test::DnsDouble names_{[this](const DnsQuestion &question) { return reply_to(question); }};
  test::EngineDouble server_{[this](const test::Request &request) {
                               const std::lock_guard lock(mutex_);
                               return script_(request);
                             },
                             {.tcp = true}};
  ServiceAddress address_ = ServiceAddress::parse(kService);
  Service service_{
      io_.get_executor(),
      address_,
      {.resolver = names_.address(), .patience = {.first_try = 150ms, .tries = 2}, .random = {}}};
};

TEST_F(Downloading, ConnectingHasALimitOfItsOwn) {
  const DeadPort dead(DeadPort::Way::silent);
  know({{10, 0, dead.port(), "one.example"}, {20, 0, port(), "two.example"}});

  EXPECT_EQ(fetch().what(), "");
  EXPECT_EQ(asked(), 1U);
}

TEST_F(Downloading, LookingUpServersHasALimitOfItsOwn) {
  know({{10, 0, port(), "one.example"}});
  ignore(kService, 1);

  EXPECT_EQ(fetch().what(), "");
}

TEST_F(Downloading, AsksTheNextWhereNobodySaysWhereOneIs) {
  know({{10, 0, port(), "mute.example"}, {20, 0, port(), "two.example"}});
  ignore("mute.example", 100);

  EXPECT_EQ(fetch().what(), "");
  EXPECT_EQ(asked(), 1U);
}

TEST_F(Downloading, AServiceThatTakesTheConnectionAndIsSilentIsNamedInTime) {
  know({{10, 0, port(), "one.example"}, {20, 0, port(), "two.example"}});
  serve(Reply().hang());

  const auto begun = std::chrono::steady_clock::now();
  const Seen seen = fetch();

  EXPECT_LT(std::chrono::steady_clock::now() - begun, 10s);
  ASSERT_TRUE(seen.error);
  EXPECT_EQ(seen.error->kind(), Kind::timeout);
  EXPECT_EQ(seen.error->phase(), "download");
  EXPECT_THAT(seen.what(), HasSubstr("no byte of http://one.example:"));
  EXPECT_EQ(asked(), 1U);
}

TEST_F(Downloading, OnceTheHeadHasBegunOnlyTheIdleLimitHolds) {
  know({{10, 0, port(), "one.example"}});
  serve(Reply().send("HTTP/1.1 200 OK\r\n").hang());

  const auto begun = std::chrono::steady_clock::now();
  const Seen seen = fetch();

  EXPECT_LT(std::chrono::steady_clock::now() - begun, kConnect);
  ASSERT_TRUE(seen.error);
  EXPECT_EQ(seen.error->kind(), Kind::timeout);
}

TEST_F(Downloading, AHeadWithoutEndIsTheServicesFault) {
  know({{10, 0, port(), "one.example"}});
  std::string head = "HTTP/1.1 200 OK\r\n";
  while (head.size() <= 64U << 10U)
    head += "X-Field: " + std::string(1'000, 'x') + "\r\n";
  serve(Reply().send(head + "\r\n").close());

  const Seen seen = fetch();

  ASSERT_TRUE(seen.error);
  EXPECT_EQ(seen.error->kind(), Kind::unavailable);
  EXPECT_EQ(seen.error->phase(), "download");
  EXPECT_THAT(seen.what(), HasSubstr("cannot load the image: http://one.example:"));
  EXPECT_THAT(seen.what(), HasSubstr("larger than 65536 bytes"));
}

TEST_F(Downloading, AUrlThatIsQuotedIsCut) {
  know({{10, 0, port(), "one.example"}});
  const std::string path = "/" + std::string(20'000, 'p');
  answer_with([path](const test::Request &request) {
    return request.sent_target == path ? test::answer(404)
                                       : Reply()
                                             .send("HTTP/1.1 302 Found\r\nLocation: " + path +
                                                   "\r\nContent-Length: 0\r\n\r\n")
                                             .close();
  });

  const Seen seen = fetch();

  ASSERT_TRUE(seen.error);
  EXPECT_THAT(seen.what(), HasSubstr("received 404, url: http://one.example:"));
  EXPECT_THAT(seen.what(), HasSubstr("/ppp"));
  EXPECT_LT(seen.what().size(), 600U);
}

TEST_F(Downloading, OfManyServersThatCannotBeReachedAFewAreNamed) {
  const DeadPort dead(DeadPort::Way::refuses);
  std::vector<test::SrvData> servers;
  for (std::uint16_t i = 0; i < 100; ++i)
    servers.push_back({i, 0, dead.port(), "server" + std::to_string(i) + ".example"});
  know(servers);

  const Seen seen = fetch();

  ASSERT_TRUE(seen.error);
  EXPECT_EQ(seen.error->kind(), Kind::unavailable);
  EXPECT_THAT(seen.what(), HasSubstr("http://server0.example:"));
  EXPECT_THAT(seen.what(), Not(HasSubstr("http://server99.example:")));
  EXPECT_THAT(seen.what(), HasSubstr("nor at 95 more"));
  EXPECT_LT(seen.what().size(), 1'000U);
}

} // namespace
} // namespace mdocker::image
