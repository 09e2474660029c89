// SPDX-License-Identifier: Apache-2.0
//
// LoadImage from the servers that a name server tells of: where one takes no connection, the next
// is asked.
#include "image_fixture.hpp"

#include <double/dead_port.hpp>
#include <double/dns_double.hpp>

#include <charconv>
#include <mutex>

namespace wire {
namespace {

using mdocker::test::DeadPort;
using mdocker::test::DnsDouble;
using mdocker::test::DnsQuestion;
using mdocker::test::DnsRecord;

constexpr const char *kServiceName = "images.example";

class LoadFromTargets : public Images {
protected:
  [[nodiscard]] std::string image_service() const override { return kServiceName; }

  /// The records of kServiceName. Every host that they name is at 127.0.0.1, but for "nowhere".
  void know(std::vector<mdocker::test::SrvData> servers) {
    const std::lock_guard lock(mutex_);
    servers_ = std::move(servers);
  }
  void start() {
    start_host(R"("timeouts":{"connect_ms":500},"image_resolver":)" +
               json_string(names_.address()));
  }
  [[nodiscard]] std::uint16_t service_port() const {
    const std::string address = service_.address();
    const char *const digits = address.data() + address.rfind(':') + 1;
    std::uint16_t port = 0;
    std::from_chars(digits, address.data() + address.size(), port);
    return port;
  }
  [[nodiscard]] std::size_t look_ups() const {
    std::size_t count = 0;
    for (const DnsQuestion &question : names_.questions())
      if (question.type() == mdocker::test::kDnsSrv)
        ++count;
    return count;
  }

private:
  // [the double's thread]
  std::vector<std::string> reply_to(const DnsQuestion &question) {
    const std::lock_guard lock(mutex_);
    std::vector<DnsRecord> records;
    if (question.type() == mdocker::test::kDnsSrv)
      for (const mdocker::test::SrvData &server : servers_)
        records.push_back(mdocker::test::srv_record(kServiceName, server));
    if (question.type() == mdocker::test::kDnsA && question.name() != "nowhere.example")
      records.push_back(mdocker::test::a_record(question.name(), "127.0.0.1"));
    return {mdocker::test::dns_reply(question, mdocker::test::Rcode::ok, records)};
  }

  std::mutex mutex_;
  std::vector<mdocker::test::SrvData> servers_;
  DnsDouble names_{[this](const DnsQuestion &question) { return reply_to(question); }};
};

TEST_F(LoadFromTargets, AsksTheServerThatTheRecordNames) {
  know({{10, 0, service_port(), "one.example"}});
  start();

  expect_next_load_works();

  ASSERT_EQ(service_.requests().size(), 1U);
  EXPECT_EQ(service_.requests()[0].header("host"), "one.example:" + std::to_string(service_port()));
}

TEST_F(LoadFromTargets, AsksTheNextWhereOneRefusesTheConnection) {
  const DeadPort dead(DeadPort::Way::refuses);
  know({{20, 0, service_port(), "two.example"}, {10, 0, dead.port(), "one.example"}});
  start();

  expect_next_load_works();

  EXPECT_EQ(service_.downloads(kUuid), 1U);
}

TEST_F(LoadFromTargets, AsksTheNextWhereOneTakesNoConnectionInTime) {
  const DeadPort dead(DeadPort::Way::silent);
  know({{10, 0, dead.port(), "one.example"}, {20, 0, service_port(), "two.example"}});
  start();

  expect_next_load_works();

  EXPECT_EQ(service_.downloads(kUuid), 1U);
}

TEST_F(LoadFromTargets, AsksTheNextWhereOneHasNoAddress) {
  know({{10, 0, 80, "nowhere.example"}, {20, 0, service_port(), "two.example"}});
  start();

  expect_next_load_works();
}

TEST_F(LoadFromTargets, AsksNobodyElseWhereOneHasAnswered) {
  know({{10, 0, service_port(), "one.example"}, {20, 0, service_port(), "two.example"}});
  start();
  service_.answer(kUuid, mdocker::test::answer(500));

  expect_refused("received 500, url: http://one.example:");

  EXPECT_EQ(service_.downloads(kUuid), 1U);
}

TEST_F(LoadFromTargets, NamesAllThatItHasTriedWhereNoneServes) {
  const DeadPort one(DeadPort::Way::refuses);
  const DeadPort two(DeadPort::Way::silent);
  know({{10, 0, one.port(), "one.example"},
        {20, 0, two.port(), "two.example"},
        {30, 0, 80, "nowhere.example"}});
  start();

  const RpcAnswer answer = load();

  const std::size_t first = answer.error.find("http://one.example:" + std::to_string(one.port()));
  const std::size_t second = answer.error.find("http://two.example:" + std::to_string(two.port()));
  const std::size_t third = answer.error.find("http://nowhere.example: ");
  EXPECT_LT(first, second) << answer.error;
  EXPECT_LT(second, third) << answer.error;
  EXPECT_NE(third, std::string::npos) << answer.error;
  EXPECT_NE(answer.error.find("Connection refused"), std::string::npos) << answer.error;
  expect_nothing_left();
}

TEST_F(LoadFromTargets, LooksThemUpOnceWhileTheRecordsLast) {
  know({{10, 0, service_port(), "one.example"}});
  start();
  expect_refused("received 404");

  expect_next_load_works();

  EXPECT_EQ(look_ups(), 1U);
}

} // namespace
} // namespace wire
