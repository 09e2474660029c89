// SPDX-License-Identifier: Apache-2.0
#include <double/dns_message.hpp>
#include <runtime/srv.hpp>

#include <gmock/gmock.h>

#include <map>
#include <random>
#include <stdexcept>

namespace mdocker::runtime {
namespace {

using test::dns_name;
using test::dns_u16;
using test::DnsRecord;
using test::Rcode;
using testing::ElementsAre;

constexpr const char *kAsked = "images.example";

// A query as a client sends it.
test::DnsQuestion question() {
  return {dns_u16(7) + dns_u16(0x0100) + dns_u16(1) + dns_u16(0) + dns_u16(0) + dns_u16(0) +
          dns_name(kAsked) + dns_u16(test::kDnsSrv) + dns_u16(1)};
}

std::string reply(const std::vector<DnsRecord> &records) {
  return dns_reply(question(), Rcode::ok, records);
}

DnsRecord srv(const test::SrvData &data, std::uint32_t ttl = 60) {
  return srv_record(kAsked, data, ttl);
}

std::string refusal_of(const std::string &message) {
  try {
    parse_srv(message);
  } catch (const std::invalid_argument &error) {
    return error.what();
  }
  return "accepted";
}

TEST(ParseSrv, ReadsEachRecord) {
  const SrvRecords found = parse_srv(reply({srv({1, 2, 3, "a.example"}), srv({4, 5, 6, "b"})}));

  ASSERT_EQ(found.records.size(), 2U);
  EXPECT_EQ(found.records[0].priority, 1);
  EXPECT_EQ(found.records[0].weight, 2);
  EXPECT_EQ(found.records[0].port, 3);
  EXPECT_EQ(found.records[0].target, "a.example");
  EXPECT_EQ(found.records[1].target, "b");
}

TEST(ParseSrv, KeepsThemForTheLeastTtlAlsoOfAnAliasOnTheWay) {
  const DnsRecord alias{kAsked, test::kDnsCname, 30, dns_name("other.example")};

  EXPECT_EQ(parse_srv(reply({srv({0, 0, 1, "a"}, 50), srv({0, 0, 1, "b"}, 40)})).kept.count(), 40);
  EXPECT_EQ(parse_srv(reply({alias, srv({0, 0, 1, "a"}, 50)})).kept.count(), 30);
}

TEST(ParseSrv, TakesATtlWithTheHighestBitForZero) {
  EXPECT_EQ(parse_srv(reply({srv({0, 0, 1, "a"}, 0x8000'0000U)})).kept.count(), 0);
  EXPECT_EQ(parse_srv(reply({srv({0, 0, 1, "a"}, 0x7FFF'FFFFU)})).kept.count(), 0x7FFF'FFFF);
}

TEST(ParseSrv, PassesOverRecordsOfOtherTypes) {
  EXPECT_TRUE(parse_srv(reply({test::a_record(kAsked, "10.0.0.1")})).records.empty());
}

TEST(ParseSrv, ReadsTheRootAsNoTarget) {
  const SrvRecords found = parse_srv(reply({srv({0, 0, 0, "."})}));
  ASSERT_EQ(found.records.size(), 1U);
  EXPECT_EQ(found.records[0].target, "");
}

TEST(ParseSrv, RefusesEachMessageThatIsCutShort) {
  const std::string whole = reply({srv({1, 2, 3, "a.example"}), srv({4, 5, 6, "b.example"})});
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_NE(refusal_of(whole.substr(0, length)), "accepted") << length << " bytes";
  EXPECT_EQ(refusal_of(whole), "accepted");
}

TEST(ParseSrv, RefusesALengthThatIsNotTheRecords) {
  DnsRecord longer = srv({1, 2, 3, "a.example"});
  longer.data += 'x';
  EXPECT_EQ(refusal_of(reply({longer})), "the reply holds an SRV record of a wrong length");
}

TEST(ParseSrv, RefusesANameThatPointsToItself) {
  const std::size_t at = reply({}).size() + dns_name(kAsked).size() + 10 + 6;
  const DnsRecord loop{kAsked, test::kDnsSrv, 60,
                       dns_u16(0) + dns_u16(0) + dns_u16(80) +
                           dns_u16(static_cast<std::uint16_t>(0xC000U | at))};
  EXPECT_EQ(refusal_of(reply({loop})), "the reply holds a malformed name");
}

TEST(ParseSrv, RefusesWhatIsNoHost) {
  EXPECT_EQ(refusal_of(reply({srv({0, 0, 80, "a b"})})),
            "the target of its SRV record is no host: \"a b\"");
  EXPECT_EQ(refusal_of(reply({srv({0, 0, 80, "10.0.0.1"})})),
            "the target of its SRV record is no host: \"10.0.0.1\"");
}

TEST(ParseSrv, RefusesThePort0) {
  EXPECT_EQ(refusal_of(reply({srv({0, 0, 0, "a"})})), "its SRV record for a has the port 0");
}

TEST(ParseSrv, RefusesMoreRecordsThanAnybodyHas) {
  EXPECT_EQ(refusal_of(reply(std::vector(257, srv({0, 0, 80, "a"})))),
            "the reply holds 257 records, expected at most 256");
  EXPECT_EQ(parse_srv(reply(std::vector(256, srv({0, 0, 80, "a"})))).records.size(), 256U);
}

TEST(ParseSrv, TakesNoHarmFromAnyByte) {
  const std::string whole = reply({srv({1, 2, 3, "a.example"}), srv({4, 5, 6, "b.example"})});
  std::size_t ended = 0;
  for (std::size_t at = 0; at < whole.size(); ++at)
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = whole;
      changed[at] = static_cast<char>(byte);
      refusal_of(changed);
      ++ended;
    }
  EXPECT_EQ(ended, whole.size() * 256);
}

std::vector<std::string> targets(const std::vector<SrvRecord> &records) {
  std::vector<std::string> names;
  names.reserve(records.size());
  for (const SrvRecord &record : records)
    names.push_back(record.target);
  return names;
}

TEST(SrvOrder, IsByPriority) {
  const auto random = [](std::uint32_t most) { return most; };
  EXPECT_THAT(targets(in_order({{2, 9, 1, "c"}, {0, 0, 1, "a"}, {1, 5, 1, "b"}}, random)),
              ElementsAre("a", "b", "c"));
}

TEST(SrvOrder, DrawsByWeight) {
  const std::vector<SrvRecord> records{{0, 10, 1, "a"}, {0, 20, 1, "b"}, {0, 0, 1, "zero"}};
  std::uint32_t drawn = 0;
  const auto random = [&](std::uint32_t most) { return std::min(drawn, most); };

  EXPECT_THAT(targets(in_order(records, random)), ElementsAre("zero", "a", "b"));
  drawn = 1;
  EXPECT_THAT(targets(in_order(records, random)), ElementsAre("a", "b", "zero"));
  drawn = 11;
  EXPECT_THAT(targets(in_order(records, random)), ElementsAre("b", "a", "zero"));
  drawn = 30;
  EXPECT_THAT(targets(in_order(records, random)), ElementsAre("b", "a", "zero"));
}

TEST(SrvOrder, GivesEachItsShareInTheLongRun) {
  std::mt19937 engine(1);
  const auto random = [&](std::uint32_t most) {
    return std::uniform_int_distribution<std::uint32_t>(0, most)(engine);
  };
  std::map<std::string, int> first;
  for (int i = 0; i < 10'000; ++i)
    ++first[in_order({{0, 30, 1, "a"}, {0, 70, 1, "b"}}, random).front().target];
  EXPECT_NEAR(first["a"], 3'000, 300);
  EXPECT_NEAR(first["b"], 7'000, 300);
}

TEST(SrvOrder, OfTheGreatestWeightsDoesNotOverflow) {
  const auto random = [](std::uint32_t most) { return most; };
  EXPECT_EQ(in_order(std::vector<SrvRecord>(256, {0, 65'535, 1, "a"}), random).size(), 256U);
}

TEST(SrvOrder, OfNothingIsNothing) {
  EXPECT_TRUE(in_order({}, [](std::uint32_t) { return 0U; }).empty());
}

} // namespace
} // namespace mdocker::runtime
