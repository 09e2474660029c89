// SPDX-License-Identifier: Apache-2.0
//
// The params that validate makes of schemas.
#include "validate/sample.hpp"

#include <gtest/gtest.h>
#include <json.hpp>

#include <algorithm>

namespace host_test {
namespace {

using mistify::mock_host::validation::hostile_params;
using mistify::mock_host::validation::sample_of;

struct SampleRow {
  const char *name;
  const char *schema;
  const char *sample;
};
class Sample : public testing::TestWithParam<SampleRow> {};

TEST_P(Sample, HasWhatTheSchemaRequires) {
  EXPECT_EQ(sample_of(GetParam().schema), GetParam().sample);
}

const SampleRow kSamples[] = {
    {"none", "", "{}"},
    {"anything", "true", "{}"},
    {"nothing_required", R"({"type":"object","properties":{"a":{"type":"string"}}})", "{}"},
    {"each_type",
     R"({"type":"object","required":["a","b","n","s"],"properties":{"a":{"type":"array"},
         "b":{"type":"boolean"},"n":{"type":["null","integer"]},"s":{"type":"string"}}})",
     R"({"a":[],"b":true,"n":60000,"s":"sample"})"},
    {"bounds",
     R"({"required":["a","b"],"type":"object","properties":{
         "a":{"type":"integer","maximum":5},"b":{"type":"integer","minimum":70000}}})",
     R"({"a":5,"b":70000})"},
    {"choices",
     R"({"type":"object","required":["a","b"],"properties":{"a":{"enum":["x",1]},
         "b":{"const":[2]}}})",
     R"({"a":"x","b":[2]})"},
    {"reference_and_all_of",
     R"({"type":"object","$defs":{"id":{"type":"object","required":["id"],"properties":{
         "id":{"type":"string"}}}},"required":["guest"],"properties":{"guest":{"allOf":[
         {"$ref":"#/$defs/id"},{"required":["nics"],"properties":{
         "nics":{"type":"array","minItems":1,"items":{"type":"object"}}}}]}}})",
     R"({"guest":{"id":"sample","nics":[{}]}})"},
    {"reference_to_itself",
     R"({"type":"object","$defs":{"a":{"$ref":"#/$defs/a"}},"required":["a"],
         "properties":{"a":{"$ref":"#/$defs/a"}}})",
     R"({"a":{}})"},
};
INSTANTIATE_TEST_SUITE_P(Of, Sample, testing::ValuesIn(kSamples),
                         [](const auto &row) { return std::string(row.param.name); });

// A host refuses everything else before a plugin sees it.
TEST(HostileParams, AreWhatAHostMayHandOver) {
  const std::vector<std::string> all = hostile_params(
      R"({"properties":{"guest":{"type":"object","properties":{"id":{"type":"string"}}}}})");
  EXPECT_GT(all.size(), 50U);
  for (const std::string &params : all)
    EXPECT_NO_THROW(mistify::json::parse(params)) << params.substr(0, 200);
  for (const char *expected :
       {R"({"guest":null})", R"({"guest":{"id":-1}})", R"({"guest":[]})", R"({"guest":{"id":{}}})"})
    EXPECT_NE(std::find(all.begin(), all.end(), expected), all.end()) << expected;
}

} // namespace
} // namespace host_test
