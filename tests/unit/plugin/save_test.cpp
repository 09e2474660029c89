// SPDX-License-Identifier: Apache-2.0
#include "methods/save.hpp"

#include "support.hpp"

#include <ostream>

namespace mdocker::methods {
namespace {

struct Merge {
  const char *name;
  const char *run;
  Strings labels;
  const char *config;
};
void PrintTo(const Merge &merge, std::ostream *out) {
  *out << merge.name;
}

class CommitConfig : public testing::TestWithParam<Merge> {};
TEST_P(CommitConfig, KeepsTheCallersFieldsAndBlanksOurLabels) {
  EXPECT_EQ(commit_config(GetParam().run, GetParam().labels), GetParam().config);
}
INSTANTIATE_TEST_SUITE_P(
    Table, CommitConfig,
    testing::Values(
        Merge{"nothing to say still names a field", "", {}, R"({"Labels":{}})"},
        Merge{"the container's own labels of ours are blank",
              "",
              {{"io.mistify.mdocker.guest", "g"}, {"io.mistify.metadata.k", "v"}, {"a", "b"}},
              R"({"Labels":{"io.mistify.mdocker.guest":"","io.mistify.metadata.k":""}})"},
        Merge{"the caller's fields pass as they came",
              R"({"Cmd" : [ "/bin/true" ], "Memory":1.50})",
              {},
              R"({"Cmd":[ "/bin/true" ],"Memory":1.50,"Labels":{}})"},
        Merge{"labels of the caller stay beside the blanks, however their key is written",
              R"({"Labels":{"a":"1","b":"2"},"User":"u","labels":{"b":"3"}})",
              {{"io.mistify.mdocker.nics", "[]"}},
              R"({"User":"u","Labels":{"a":"1","b":"3","io.mistify.mdocker.nics":""}})"},
        Merge{"the caller cannot make an image pass for the guest",
              R"({"Labels":{"io.mistify.mdocker.guest":"g"}})",
              {{"io.mistify.mdocker.guest", "g"}},
              R"({"Labels":{"io.mistify.mdocker.guest":""}})"},
        Merge{"labels that are null are none", R"({"Labels":null})", {}, R"({"Labels":{}})"}));

TEST(CommitConfigLabels, OfAWrongTypeAreTheMethodsOwnError) {
  const Error list = test::error_of([] { commit_config(R"({"Labels":["a"]})", {}); });
  const Error number = test::error_of([] { commit_config(R"({"labels":{"a":1}})", {}); });

  EXPECT_EQ(list.kind(), Kind::invalid);
  EXPECT_STREQ(list.what(), "opts.Run.Labels: expected an object, got an array");
  EXPECT_STREQ(number.what(), "opts.Run.Labels.a: expected a string, got the number 1");
}

} // namespace
} // namespace mdocker::methods
