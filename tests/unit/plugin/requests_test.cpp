// SPDX-License-Identifier: Apache-2.0
#include "methods/requests.hpp"

#include "support.hpp"

#include <ostream>

namespace mdocker::methods {
namespace {

using namespace std::chrono_literals;

using Decode = void (*)(std::string_view);
template <class Request> void decode(std::string_view params) {
  Request::decode(params);
}

struct Refused {
  const char *name;
  Decode decode;
  const char *params;
  const char *message;
};
void PrintTo(const Refused &refused, std::ostream *out) {
  *out << refused.name << " " << refused.params;
}

class Params : public testing::TestWithParam<Refused> {};
TEST_P(Params, OfAWrongTypeAreNoRequest) {
  EXPECT_EQ(test::invalid_params([] { GetParam().decode(GetParam().params); }), GetParam().message);
}
INSTANTIATE_TEST_SUITE_P(
    Table, Params,
    testing::Values(
        Refused{"info", decode<InfoRequest>, "[]", "params: expected an object, got an array"},
        Refused{"get", decode<GetRequest>, "1", "params: expected an object, got a number"},
        Refused{"get", decode<GetRequest>, R"({"id":1})",
                "id: expected a string, got the number 1"},
        Refused{"list", decode<ListRequest>, R"({"id":[]})", "id: expected a string, got an array"},
        Refused{"save", decode<SaveRequest>, R"({"id":{}})",
                "id: expected a string, got an object"},
        Refused{"start", decode<GuestRequest>, R"({"guest":"g1"})",
                "guest: expected an object, got a string"},
        Refused{"start", decode<GuestRequest>, R"({"guest":{"id":"g"},"action":1})",
                "action: expected a string, got the number 1"},
        Refused{"start", decode<GuestRequest>, R"({"guest":{"id":"g"},"args":[]})",
                "args: expected an object, got an array"},
        Refused{"stop", decode<StopRequest>, R"({"guest":{"id":"g"},"args":{"timeout":5}})",
                "args.timeout: expected a string, got the number 5"},
        Refused{"create", decode<CreateRequest>, R"({"guest":{"id":"g","memory":"10"}})",
                "guest.memory: expected an unsigned integer, got a string"},
        Refused{"info", decode<InfoRequest>, R"({"a")",
                "params: no well-formed JSON at byte 4: Missing a colon after a name of object "
                "member."}));

struct Failed {
  const char *name;
  Decode decode;
  std::string params;
  std::string message;
};
void PrintTo(const Failed &failed, std::ostream *out) {
  *out << failed.name << " " << failed.params;
}

class Refusal : public testing::TestWithParam<Failed> {};
TEST_P(Refusal, IsTheMethodsOwnError) {
  const Error error = test::error_of([] { GetParam().decode(GetParam().params); });

  EXPECT_EQ(error.kind(), Kind::invalid);
  EXPECT_EQ(error.what(), GetParam().message);
}
const std::string kIdGrammar =
    ": expected a container's name or id, [a-zA-Z0-9][a-zA-Z0-9_.-]*, at most 1024 bytes";
INSTANTIATE_TEST_SUITE_P(
    Guests, Refusal,
    testing::Values(
        Failed{"start", decode<GuestRequest>, "{}", "missing guest with id"},
        Failed{"start", decode<GuestRequest>, "null", "missing guest with id"},
        Failed{"start", decode<GuestRequest>, R"({"guest":null})", "missing guest with id"},
        Failed{"start", decode<GuestRequest>, R"({"guest":{}})", "missing guest with id"},
        Failed{"start", decode<GuestRequest>, R"({"guest":{"id":""}})", "missing guest with id"},
        Failed{"pause", decode<GuestRequest>, R"({"guest":{"id":"g1/kill?signal=KILL&x="}})",
               R"(invalid id "g1/kill?signal=KILL&x=")" + kIdGrammar},
        Failed{"create", decode<CreateRequest>, R"({"guest":{}})", "missing guest with id"},
        Failed{"create", decode<CreateRequest>, R"({"guest":{"id":"g1"}})",
               "must specify at least one nic"},
        Failed{"create", decode<CreateRequest>, R"({"guest":{"id":"g1","nics":[]}})",
               "must specify at least one nic"},
        Failed{"create", decode<CreateRequest>, R"({"guest":{"id":"bad name!","nics":[{}]}})",
               R"(invalid id "bad name!")" + kIdGrammar},
        Failed{"create", decode<CreateRequest>,
               R"({"guest":{"id":"g","nics":[{}],"memory":17592186044416}})",
               "guest.memory: 17592186044416 MiB is more than the maximum of 8796093022207 MiB"},
        Failed{"stop", decode<StopRequest>, "{}", "missing guest with id"},
        Failed{"stop", decode<StopRequest>, R"({"guest":{"id":"g"},"args":{"timeout":"3601"}})",
               R"(args.timeout: expected whole seconds from 0 to 3600, got "3601")"},
        Failed{"stop", decode<StopRequest>, R"({"guest":{"id":"g"},"args":{"timeout":"-1"}})",
               R"(args.timeout: expected whole seconds from 0 to 3600, got "-1")"},
        Failed{"stop", decode<StopRequest>, R"({"guest":{"id":"g"},"args":{"timeout":""}})",
               R"(args.timeout: expected whole seconds from 0 to 3600, got "")"},
        Failed{"restart", decode<RestartRequest>,
               R"({"guest":{"id":"g"},"args":{"timeout":"1.5"}})",
               R"(args.timeout: expected whole seconds from 0 to 3600, got "1.5")"},
        Failed{
            "restart", decode<RestartRequest>,
            R"({"guest":{"id":"g"},"args":{"timeout":"99999999999999999999"}})",
            R"(args.timeout: expected whole seconds from 0 to 3600, got "99999999999999999999")"}));
INSTANTIATE_TEST_SUITE_P(
    Containers, Refusal,
    testing::Values(
        Failed{"get", decode<GetRequest>, "{}", "missing id"},
        Failed{"get", decode<GetRequest>, R"({"id":null})", "missing id"},
        Failed{"get", decode<GetRequest>, R"({"id":""})", "missing id"},
        Failed{"get", decode<GetRequest>, R"({"id":"../images"})",
               R"(invalid id "../images")" + kIdGrammar},
        Failed{"list", decode<ListRequest>, R"({"opts":"x"})",
               "opts: expected an object, got a string"},
        Failed{"list", decode<ListRequest>, R"({"opts":[1]})",
               "opts: expected an object, got an array"},
        Failed{"list", decode<ListRequest>, R"({"opts":{"All":"yes"}})",
               "opts.All: expected a boolean, got a string"},
        Failed{"list", decode<ListRequest>, R"({"opts":{"limit":1.0}})",
               "opts.Limit: expected an integer, got the number 1.0"},
        Failed{"list", decode<ListRequest>, R"({"opts":{"Since":1}})",
               "opts.Since: expected a string, got the number 1"},
        Failed{"list", decode<ListRequest>, R"({"opts":{"Filters":[]}})",
               "opts.Filters: expected an object, got an array"},
        Failed{"list", decode<ListRequest>, R"({"opts":{"Filters":{"name":"g"}}})",
               "opts.Filters.name: expected an array, got a string"},
        Failed{"list", decode<ListRequest>, R"({"opts":{"Filters":{"name":["g",{}]}}})",
               "opts.Filters.name[1]: expected a string, got an object"},
        Failed{"save", decode<SaveRequest>, "{}", "missing id"},
        Failed{"save", decode<SaveRequest>, R"({"opts":{"Container":"a/b"}})",
               R"(invalid id "a/b")" + kIdGrammar},
        Failed{"save", decode<SaveRequest>, R"({"id":"g","opts":{"Repository":1}})",
               "opts.Repository: expected a string, got the number 1"},
        Failed{"save", decode<SaveRequest>, R"({"id":"g","opts":{"Run":[]}})",
               "opts.Run: expected an object, got an array"},
        Failed{"save", decode<SaveRequest>, R"({"id":"g","opts":{"Repository":"Bad Repo"}})",
               "opts.Repository: expected [HOST[:PORT]/]NAME[:TAG] with a name in lower case, got "
               R"("Bad Repo")"},
        Failed{"save", decode<SaveRequest>, R"({"id":"g","opts":{"Repository":"r","Tag":"a b"}})",
               R"(opts.Tag: expected [A-Za-z0-9_][A-Za-z0-9_.-]{0,127}, got "a b")"}));

TEST(GetRequest, IgnoresOptsAndUnknownFields) {
  EXPECT_EQ(GetRequest::decode(R"({"ID":"g1","opts":"any","x":1})").id, "g1");
}

struct Query {
  const char *opts;
  const char *query;
};
void PrintTo(const Query &query, std::ostream *out) {
  *out << query.opts;
}

class ListOptions : public testing::TestWithParam<Query> {};
TEST_P(ListOptions, BecomeTheEnginesQuery) {
  const ListRequest request =
      ListRequest::decode(R"({"id":"ignored","opts":)" + std::string(GetParam().opts) + "}");

  EXPECT_EQ(request.query(), GetParam().query);
}
INSTANTIATE_TEST_SUITE_P(
    Table, ListOptions,
    testing::Values(
        Query{"null", ""}, Query{"{}", ""}, Query{R"({"all":true})", "?all=1"},
        Query{R"({"All":false,"Limit":0,"Since":"","Before":null,"Filters":{}})", ""},
        Query{R"({"Limit":-1})", ""},
        Query{R"({"All":true,"limit":3,"Unknown":1})", "?all=1&limit=3"},
        Query{R"({"Size":true})", ""}, // of each inspect
        Query{R"({"Filters":{"name":["g2"]}})", "?filters=%7B%22name%22%3A%5B%22g2%22%5D%7D"},
        Query{R"({"Since":"a","Before":"b&c"})", "?filters=%7B%22before%22%3A%5B%22b%26c%22%5D%2C"
                                                 "%22since%22%3A%5B%22a%22%5D%7D"},
        Query{R"({"Filters":{"since":["x",null],"label":[]},"Since":"y"})",
              "?filters=%7B%22label%22%3A%5B%5D%2C"
              "%22since%22%3A%5B%22x%22%2C%22%22%2C%22y%22%5D%7D"}));

TEST(ListRequest, AsksForSizesWhereTheCallerDoes) {
  EXPECT_TRUE(ListRequest::decode(R"({"opts":{"Size":true}})").size);
  EXPECT_FALSE(ListRequest::decode("{}").size);
}

TEST(SaveRequest, TakesItsOwnIdBeforeThatOfItsOpts) {
  EXPECT_EQ(SaveRequest::decode(R"({"id":"a","opts":{"Container":"b"}})").id, "a");
  EXPECT_EQ(SaveRequest::decode(R"({"opts":{"container":"b"}})").id, "b");
}

TEST(SaveRequest, ReadsItsOpts) {
  const SaveRequest request = SaveRequest::decode(
      R"({"id":"a","opts":{"repository":"r","tag":"t","message":"m","author":"x",
          "run":{"Cmd": ["/bin/true"]}}})");

  EXPECT_EQ(request.repository, "r");
  EXPECT_EQ(request.tag, "t");
  EXPECT_EQ(request.message, "m");
  EXPECT_EQ(request.author, "x");
  EXPECT_EQ(request.run, R"({"Cmd": ["/bin/true"]})");
}

TEST(CreateRequest, TakesTheLargestMemoryThatTheEngineCanExpress) {
  const CreateRequest request =
      CreateRequest::decode(R"({"guest":{"id":"g","nics":[{}],"memory":8796093022207}})");

  EXPECT_EQ(request.guest.memory, 8796093022207U);
}

TEST(StopRequest, HasTheGraceOfTheSettingsOrItsOwn) {
  Settings settings;
  settings.timeouts.stop_grace = 1500ms;
  const StopRequest plain = StopRequest::decode(R"({"guest":{"id":"g"}})");
  const StopRequest own = StopRequest::decode(R"({"guest":{"id":"g"},"args":{"timeout":"300"}})");
  const StopRequest none = StopRequest::decode(R"({"guest":{"id":"g"},"args":{"timeout":"0"}})");

  EXPECT_EQ(plain.grace(settings), 2s); // whole seconds for the engine
  EXPECT_EQ(own.grace(settings), 300s);
  EXPECT_EQ(none.grace(settings), 0s);
}

TEST(StopRequest, WantsTimeForAGraceOfItsOwn) {
  Settings settings;
  settings.timeouts.stop_margin = 20s;
  settings.timeouts.change = 60s;
  const std::string own = R"({"guest":{"id":"g"},"args":{"timeout":"300"}})";
  const std::string plain = R"({"guest":{"id":"g"}})";

  EXPECT_EQ(StopRequest::decode(own).wanted_time(settings), 320s);
  EXPECT_EQ(RestartRequest::decode(own).wanted_time(settings), 380s);
  EXPECT_EQ(StopRequest::decode(plain).wanted_time(settings), 0s);
  EXPECT_EQ(RestartRequest::decode(plain).wanted_time(settings), 0s);
}

} // namespace
} // namespace mdocker::methods
