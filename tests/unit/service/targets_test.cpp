// SPDX-License-Identifier: Apache-2.0
//
// From what is configured to the servers that are asked.
#include "fixture.hpp"

#include <image/service.hpp>

#include <gmock/gmock.h>

namespace mdocker::image {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char *kServiceName = "images.example";

class ServiceTest : public LookUp {
protected:
  void use(const DnsDouble &server, const std::string &address = kServiceName) {
    address_ = ServiceAddress::parse(address);
    service_.emplace(
        io_.get_executor(), address_,
        Service::Options{.resolver = server.address(),
                         .patience = {.first_try = 50ms, .tries = 1},
                         .now = [this] { return now_; },
                         .random = [this](std::uint32_t most) { return std::min(drawn_, most); }});
  }

  Came<std::vector<Target>> targets() { return await(service_->targets(in(10s))); }

  /// Where to go, in order; or the error.
  std::vector<std::string> urls() {
    const auto came = targets();
    std::vector<std::string> all;
    if (came.error)
      all.push_back(came.what());
    else
      for (const Target &target : *came.value)
        all.push_back(target.base_url());
    return all;
  }

  steady_clock::time_point now_ = steady_clock::now();
  std::uint32_t drawn_ = 0;
  ServiceAddress address_;
  std::optional<Service> service_;
};

struct Given {
  const char *address;
  const char *url;
};

class GivenService : public ServiceTest, public testing::WithParamInterface<Given> {};

TEST_P(GivenService, IsAskedWithoutALookUp) {
  const DnsDouble server(records({srv_record(kServiceName, {0, 0, 81, "other.example"})}));
  use(server, GetParam().address);

  EXPECT_THAT(urls(), ElementsAre(GetParam().url));
  EXPECT_TRUE(server.questions().empty());
}

INSTANTIATE_TEST_SUITE_P(
    Forms, GivenService,
    testing::Values(Given{"images.example:8080", "http://images.example:8080"},
                    Given{"images.example:80", "http://images.example"},
                    Given{"http://images.example", "http://images.example"},
                    Given{"https://images.example", "https://images.example"},
                    Given{"https://images.example:80", "https://images.example:80"},
                    Given{"http://images.example:8080/v1/", "http://images.example:8080/v1"},
                    Given{"10.0.0.1", "http://10.0.0.1"}, Given{"[::1]", "http://[::1]"},
                    Given{"[::1]:8080", "http://[::1]:8080"}));

TEST_F(ServiceTest, IsFoundByTheRecordsOfItsNameAsItStands) {
  const DnsDouble server(records({srv_record(kServiceName, {0, 0, 8080, "node.example"})}));
  use(server);

  EXPECT_THAT(urls(), ElementsAre("http://node.example:8080"));
  ASSERT_EQ(server.questions().size(), 1U);
  EXPECT_EQ(server.questions()[0].name(), kServiceName);
}

TEST_F(ServiceTest, HasItsServersByPriorityAndWeight) {
  const DnsDouble server(records({srv_record(kServiceName, {20, 0, 1, "last"}),
                                  srv_record(kServiceName, {10, 1, 1, "light"}),
                                  srv_record(kServiceName, {10, 9, 1, "heavy"})}));
  use(server);

  EXPECT_THAT(urls(), ElementsAre("http://light:1", "http://heavy:1", "http://last:1"));
  drawn_ = 2;
  EXPECT_THAT(urls(), ElementsAre("http://heavy:1", "http://light:1", "http://last:1"));
}

TEST_F(ServiceTest, IsAtPort80OfItsNameWhereThereIsNoRecord) {
  for (const Rcode code : {Rcode::no_name, Rcode::ok}) {
    const DnsDouble server(rcode(code));
    use(server);
    EXPECT_THAT(urls(), ElementsAre("http://images.example"));
  }
}

TEST_F(ServiceTest, IsNotAvailableWhereItsRecordSaysSo) {
  const DnsDouble server(records({srv_record(kServiceName, {0, 0, 0, "."})}));
  use(server);

  const auto came = targets();

  ASSERT_TRUE(came.error);
  EXPECT_EQ(came.error->kind(), Kind::unavailable);
  EXPECT_EQ(came.what(),
            "the image service images.example is not available: the target of its SRV record is "
            "\".\"");
}

TEST_F(ServiceTest, FailsWhereTheNameServerDoes) {
  const DnsDouble server(rcode(Rcode::failure));
  use(server);

  const auto came = targets();

  ASSERT_TRUE(came.error);
  EXPECT_EQ(came.error->kind(), Kind::unavailable);
  EXPECT_THAT(came.what(), HasSubstr("SERVFAIL"));
}

TEST_F(ServiceTest, NamesItselfWhereItsRecordsAreMalformed) {
  const DnsDouble server(records({srv_record(kServiceName, {0, 0, 80, "not a host"})}));
  use(server);

  const auto came = targets();

  ASSERT_TRUE(came.error);
  EXPECT_THAT(came.what(), HasSubstr("cannot look up the image service images.example: the target "
                                     "of its SRV record is no host: \"not a host\""));
}

TEST_F(ServiceTest, IsLookedUpAgainWhenTheRecordsTtlIsOver) {
  const DnsDouble server(records({srv_record(kServiceName, {0, 0, 81, "node.example"}, 60)}));
  use(server);

  urls();
  now_ += 59s;
  EXPECT_THAT(urls(), ElementsAre("http://node.example:81"));
  EXPECT_EQ(server.questions().size(), 1U);
  now_ += 1s;
  EXPECT_THAT(urls(), ElementsAre("http://node.example:81"));
  EXPECT_EQ(server.questions().size(), 2U);
}

TEST_F(ServiceTest, IsLookedUpEachTimeWhereTheTtlIsZero) {
  const DnsDouble server(records({srv_record(kServiceName, {0, 0, 81, "node.example"}, 0)}));
  use(server);

  urls();
  EXPECT_THAT(urls(), ElementsAre("http://node.example:81"));

  EXPECT_EQ(server.questions().size(), 2U);
}

TEST_F(ServiceTest, ResolvesATargetForLibcurl) {
  const DnsDouble server([](const DnsQuestion &question) {
    std::vector<DnsRecord> found;
    if (question.type() == kDnsA)
      found = {a_record("node.example", "127.0.0.2")};
    return std::vector<std::string>{dns_reply(question, Rcode::ok, found)};
  });
  use(server);

  const auto came = await(service_->resolve({"http", "node.example", 81, ""}, in(10s)));

  EXPECT_EQ(came.value, "+node.example:81:127.0.0.2") << came.what();
}

TEST_F(ServiceTest, ResolvesNothingForAnAddress) {
  const DnsDouble server(rcode(Rcode::failure));
  use(server);

  EXPECT_EQ(await(service_->resolve({"http", "127.0.0.1", 81, ""}, in(10s))).value, "");
  EXPECT_TRUE(server.questions().empty());
}

} // namespace
} // namespace mdocker::image
