// SPDX-License-Identifier: Apache-2.0
//
// Questions to a name server that answers, fails, lies or is silent.
#include "fixture.hpp"

#include <runtime/dns.hpp>
#include <runtime/srv.hpp>

#include <boost/asio/post.hpp>

#include <gmock/gmock.h>

#include <filesystem>
#include <future>
#include <iterator>

namespace mdocker::runtime {
namespace {

using namespace test;
using testing::HasSubstr;

constexpr const char *kName = "images.example";

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator begin("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin, std::filesystem::directory_iterator()));
}

class DnsTest : public LookUp {
protected:
  void use(const DnsDouble &server, const DnsPatience &patience = {}) {
    dns_.emplace(io_.get_executor(), server.address(), patience);
  }
  Came<std::string> srv(std::chrono::milliseconds time = 10s) {
    return await(dns_->srv(kName, in(time)));
  }

  std::optional<Dns> dns_;
};

TEST_F(DnsTest, GivesTheReplyAsItCame) {
  const DnsDouble server(records({srv_record(kName, {0, 0, 80, "a.example"})}));
  use(server);

  const auto came = srv();

  ASSERT_TRUE(came.value) << came.what();
  EXPECT_EQ(parse_srv(*came.value).records.at(0).target, "a.example");
  ASSERT_EQ(server.questions().size(), 1U);
  EXPECT_EQ(server.questions()[0].name(), kName);
  EXPECT_EQ(server.questions()[0].type(), kDnsSrv);
}

TEST_F(DnsTest, FindsNothingWhereTheNameDoesNotExist) {
  const DnsDouble server(rcode(Rcode::no_name));
  use(server);
  EXPECT_EQ(srv().value, "");
  EXPECT_EQ(server.questions().size(), 1U) << "no search domains";
}

TEST_F(DnsTest, FindsNothingWhereTheNameHasNoSuchRecord) {
  const DnsDouble server(records({}));
  use(server);
  EXPECT_EQ(srv().value, "");
}

struct Failure {
  const char *name;
  DnsDouble::Script script;
  const char *why;
};

class DnsFailure : public DnsTest, public testing::WithParamInterface<Failure> {};

TEST_P(DnsFailure, IsAClearError) {
  const DnsDouble server(GetParam().script);
  use(server, {.first_try = 30ms, .tries = 2});

  const auto came = srv();

  ASSERT_TRUE(came.error);
  EXPECT_EQ(came.error->kind(), Kind::unavailable);
  EXPECT_EQ(came.error->phase(), "resolve");
  EXPECT_EQ(came.what(),
            "cannot look up \"images.example\" at " + server.address() + ": " + GetParam().why);
}

// One byte of the id is another.
std::vector<std::string> with_a_wrong_id(const DnsQuestion &question) {
  std::string reply =
      dns_reply(question, Rcode::ok, {srv_record(kName, {0, 0, 80, "attacker.example"})});
  reply[0] = static_cast<char>(reply[0] ^ 1);
  return {reply};
}

// The right id, and another question.
std::vector<std::string> to_another_question(const DnsQuestion &question) {
  DnsQuestion other = question;
  other.message[13] = 'x';
  return {dns_reply(other, Rcode::ok, {srv_record(kName, {0, 0, 80, "attacker.example"})})};
}

constexpr const char *kSilent = "the name server does not answer in time";

INSTANTIATE_TEST_SUITE_P(
    Of, DnsFailure,
    testing::Values(Failure{"Servfail", rcode(Rcode::failure), "the name server failed (SERVFAIL)"},
                    Failure{"Refused", rcode(Rcode::refused),
                            "the name server refuses to answer (REFUSED)"},
                    Failure{"NotImplemented", rcode(Rcode::not_implemented),
                            "the name server does not understand the question"},
                    Failure{"Silence", silence(), kSilent},
                    Failure{"WrongId", &with_a_wrong_id, kSilent},
                    Failure{"AnotherQuestion", &to_another_question, kSilent},
                    Failure{"Garbage",
                            [](const DnsQuestion &) {
                              return std::vector<std::string>{"", "x", std::string(11, '\xFF'),
                                                              std::string(4'000, '\xFF')};
                            },
                            kSilent}),
    [](const auto &param_info) { return param_info.param.name; });

TEST_F(DnsTest, TakesTheTrueReplyAfterForgedOnes) {
  const DnsDouble server([](const DnsQuestion &question) {
    std::vector<std::string> replies = with_a_wrong_id(question);
    replies.push_back("garbage");
    replies.push_back(
        dns_reply(question, Rcode::ok, {srv_record(kName, {0, 0, 80, "true.example"})}));
    return replies;
  });
  use(server);

  const auto came = srv();

  ASSERT_TRUE(came.value) << came.what();
  EXPECT_EQ(parse_srv(*came.value).records.at(0).target, "true.example");
}

TEST_F(DnsTest, AsksAgainByTcpWhereTheReplyIsCutShort) {
  const std::vector<DnsRecord> many(200, srv_record(kName, {0, 0, 80, "a.example"}));
  const DnsDouble server([&](const DnsQuestion &question) {
    return std::vector<std::string>{question.tcp ? dns_reply(question, Rcode::ok, many)
                                                 : dns_reply(question, Rcode::ok, {}, true)};
  });
  use(server);

  const auto came = srv();

  ASSERT_TRUE(came.value) << came.what();
  EXPECT_EQ(parse_srv(*came.value).records.size(), 200U);
  ASSERT_EQ(server.questions().size(), 2U);
  EXPECT_TRUE(server.questions()[1].tcp);
}

TEST_F(DnsTest, TakesTheLongestReplyThatTcpHas) {
  const DnsDouble server([](const DnsQuestion &question) {
    std::string reply = dns_reply(question, Rcode::ok, {srv_record(kName, {0, 0, 80, "a"})}, true);
    if (question.tcp) {
      reply = dns_reply(question, Rcode::ok, {srv_record(kName, {0, 0, 80, "a"})});
      reply.resize(65'535, '\xFF');
    }
    return std::vector<std::string>{reply};
  });
  use(server);

  const auto came = srv();

  ASSERT_TRUE(came.value) << came.what();
  EXPECT_EQ(came.value->size(), 65'535U);
  EXPECT_EQ(parse_srv(*came.value).records.size(), 1U);
}

TEST_F(DnsTest, SaysThatNobodyListensThere) {
  std::string address;
  {
    const DnsDouble gone(silence());
    address = gone.address();
  }
  dns_.emplace(io_.get_executor(), address, DnsPatience{.first_try = 200ms, .tries = 1});

  const auto came = srv();

  ASSERT_TRUE(came.error);
  EXPECT_THAT(came.what(), HasSubstr("no name server can be reached"));
}

TEST_F(DnsTest, EndsByTheCallersDeadline) {
  const DnsDouble server(silence());
  use(server);

  const auto came = srv(30ms);

  ASSERT_TRUE(came.error);
  EXPECT_EQ(came.error->kind(), Kind::timeout);
}

TEST_F(DnsTest, IsLeftAtOnceByACallerThatIsCancelled) {
  const DnsDouble server(silence());
  use(server, {.first_try = 60s, .tries = 1});
  const std::size_t before = open_descriptors();
  Came<std::string> came;
  begin_cancellable(dns_->srv(kName, in(60s)), came);
  asio::post(io_, [&] {
    EXPECT_GT(open_descriptors(), before);
    signal_.emit(asio::cancellation_type::terminal);
  });

  run();

  ASSERT_TRUE(came.error);
  EXPECT_EQ(came.error->kind(), Kind::cancelled);
  EXPECT_EQ(open_descriptors(), before) << "nothing is asked for nobody";
}

TEST_F(DnsTest, LeavesNoSocketBehind) {
  const DnsDouble server(records({srv_record(kName, {0, 0, 80, "a.example"})}));
  use(server);
  const std::size_t before = open_descriptors();

  ASSERT_TRUE(srv().value);

  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(DnsTest, AsksOnceForAllThatWantToKnowTheSame) {
  const DnsDouble server(records({srv_record(kName, {0, 0, 80, "a.example"})}));
  use(server);
  std::vector<Came<std::string>> came(10);
  for (auto &each : came)
    begin(dns_->srv(kName, in(10s)), each);

  run();

  for (const auto &each : came)
    EXPECT_TRUE(each.value) << each.what();
  EXPECT_EQ(server.questions().size(), 1U);
}

TEST_F(DnsTest, ACallerThatLeavesDoesNotTakeTheOthersAnswer) {
  std::promise<void> left;
  const DnsDouble server([&, has_left = left.get_future().share()](const DnsQuestion &question) {
    has_left.wait();
    return records({srv_record(kName, {0, 0, 80, "a.example"})})(question);
  });
  use(server);
  Came<std::string> leaves;
  Came<std::string> stays;
  begin(dns_->srv(kName, in(0ms)), leaves);
  begin(dns_->srv(kName, in(10s)), stays);

  while (leaves.times == 0 && io_.run_one_for(10s) != 0) {
  }
  left.set_value();
  run();

  EXPECT_TRUE(leaves.error);
  EXPECT_TRUE(stays.value);
}

TEST_F(DnsTest, FindsTheAddressesOfAHost) {
  const DnsDouble server([](const DnsQuestion &question) {
    std::vector<DnsRecord> found;
    if (question.type() == kDnsA)
      found = {a_record(kName, "127.0.0.2"), a_record(kName, "127.0.0.3")};
    return std::vector<std::string>{dns_reply(question, Rcode::ok, found)};
  });
  use(server);

  const auto came = await(dns_->addresses(kName, in(10s)));

  ASSERT_TRUE(came.value) << came.what();
  EXPECT_THAT(*came.value, testing::UnorderedElementsAre("127.0.0.2", "127.0.0.3"));
}

TEST_F(DnsTest, SaysThatAHostIsNotKnown) {
  const DnsDouble server(rcode(Rcode::no_name));
  use(server);

  const auto came = await(dns_->addresses("nobody.example.", in(10s)));

  ASSERT_TRUE(came.error);
  EXPECT_EQ(came.error->kind(), Kind::unavailable);
  EXPECT_THAT(came.what(), HasSubstr("the name is not known"));
}

TEST_F(DnsTest, ReadsTheHostsFile) {
  const DnsDouble server(silence());
  use(server, {.first_try = 100ms, .tries = 1});

  const auto came = await(dns_->addresses("localhost", in(10s)));

  ASSERT_TRUE(came.value) << came.what();
  EXPECT_THAT(*came.value, testing::Contains("127.0.0.1"));
}

} // namespace
} // namespace mdocker::runtime
