// SPDX-License-Identifier: Apache-2.0
//
// What the other tests hold results against does find what is wrong with them.
#include "../support/json_schema.hpp"

#include <gtest/gtest.h>

namespace {

using mdocker::test::JsonSchema;

TEST(JsonSchema, PassesWhatIsAsItSays) {
  const JsonSchema schema(R"({"$defs":{"id":{"type":"string","pattern":"^[a-z]+$"}},"type":"object",
    "required":["a"],"properties":{"a":{"allOf":[{"type":"object"},{"required":["id"],
    "properties":{"id":{"$ref":"#/$defs/id"}}}]},"n":{"type":["integer","null"],"minimum":0}}})");
  EXPECT_EQ(schema.violation(R"({"a":{"id":"x"},"n":null,"more":[1]})"), "");
}

struct Row {
  const char *name;
  const char *value;
};
class JsonSchemaRefuses : public testing::TestWithParam<Row> {};

TEST_P(JsonSchemaRefuses, WhatIsNot) {
  const JsonSchema schema(R"({"$defs":{"id":{"type":"string","pattern":"^[a-z]+$"}},"type":"object",
    "required":["a"],"properties":{"a":{"allOf":[{"type":"object"},{"required":["id"],
    "properties":{"id":{"$ref":"#/$defs/id"}}}]},"n":{"type":["integer","null"],"minimum":0},
    "e":{"enum":["x"]}}})");
  EXPECT_NE(schema.violation(GetParam().value), "");
}

const Row kRows[] = {
    {"type", "[]"},
    {"required", "{}"},
    {"all_of", R"({"a":{}})"},
    {"reference", R"({"a":{"id":"X"}})"},
    {"one_of_types", R"({"a":{"id":"x"},"n":"1"})"},
    {"minimum", R"({"a":{"id":"x"},"n":-1})"},
    {"choice", R"({"a":{"id":"x"},"e":"y"})"},
};
INSTANTIATE_TEST_SUITE_P(Row, JsonSchemaRefuses, testing::ValuesIn(kRows),
                         [](const auto &row) { return std::string(row.param.name); });

} // namespace
