// SPDX-License-Identifier: Apache-2.0
//
// What the host says of its methods: an OpenRPC document, printed and served.
#include "fixture.hpp"

#include <gtest/gtest.h>
#include <json.hpp>

#include <csignal>
#include <fstream>

namespace host_test {
namespace {

namespace json = mistify::json;

/// What OpenRPC's meta schema has against a document; nothing where it is one.
std::string faults_of(const std::string &document) {
  const TempDir folder;
  const std::string file = (folder.path() / "document").string();
  std::ofstream(file) << document;
  Process check({{"sh", "-c", R"(exec "$0" <"$1")", OPENRPC_CHECK, file}, {}});
  const auto status = check.wait();
  std::string output = check.output();
  if (status != (output.empty() ? 0 : 1))
    throw std::runtime_error("the check failed: " + output);
  return output;
}

std::string printed(const std::string &plugin) {
  const Outcome outcome = run_host({"methods", "--json", "--plugin", plugin});
  if (outcome.status != 0)
    throw std::runtime_error(outcome.output);
  return outcome.output;
}

std::string result_of(const HttpResponse &response) {
  const json::Members members = json::members(response.body);
  const json::Value *result = json::find(members, "result");
  return result != nullptr ? std::string(result->raw) : "no result: " + response.body;
}

/// "NAME PLUGIN" of each method.
std::vector<std::string> methods_in(const std::string &document) {
  const json::Members members = json::members(document);
  std::vector<std::string> out;
  for (const json::Value &method : json::elements(json::find(members, "methods")->raw)) {
    const json::Members of_method = json::members(method.raw);
    out.push_back(json::text(*json::find(of_method, "name")) + " " +
                  json::text(*json::find(of_method, "x-plugin")));
  }
  return out;
}

TEST(OpenRpc, DocumentIsAsItsMetaSchemaSays) {
  EXPECT_EQ(faults_of(printed(EXAMPLE_C_PLUGIN)), ""); // with schemas and without
#if defined(MDOCKER_PLUGIN)
  EXPECT_EQ(faults_of(printed(MDOCKER_PLUGIN)), "");
#endif
}

TEST(OpenRpc, MetaSchemaRefusesWhatIsNoDocument) {
  const std::string document = printed(EXAMPLE_C_PLUGIN);
  for (const auto &[part, by] : {std::pair<std::string, std::string>{R"("1.3.2")", R"("9.0.0")"},
                                 {R"("summary")", R"("sumary")"},
                                 {R"("type": "object")", R"("type": 7)"}}) {
    std::string wrong = document;
    ASSERT_NE(wrong.find(part), std::string::npos) << part;
    wrong.replace(wrong.find(part), part.size(), by);
    EXPECT_NE(faults_of(wrong), "") << by;
  }
}

TEST(OpenRpc, NamesEveryMethodWithItsPlugin) {
  EXPECT_EQ(methods_in(printed(EXAMPLE_C_PLUGIN)),
            (std::vector<std::string>{"ExampleC.Count example_c", "ExampleC.Echo example_c",
                                      "ExampleC.Wait example_c"}));
}

TEST(OpenRpc, ASchemaHasAnIdAndAMissingOneSaysNothing) {
  const std::string document = printed(EXAMPLE_C_PLUGIN);
  EXPECT_TRUE(has_match(document, R"("\$id": "urn:mistify:ExampleC.Wait:params")")) << document;
  EXPECT_FALSE(has_match(document, "urn:mistify:ExampleC.Echo")) << document;
}

TEST(Discover, AnswersInBothVersionsOfJsonRpc) {
  const Server server;
  const std::string first = result_of(server.call("rpc.discover"));
  EXPECT_EQ(methods_in(first).size(), 8U) << first;
  EXPECT_EQ(faults_of(first), "");

  const std::string body = R"({"jsonrpc":"2.0","method":"rpc.discover","id":2})";
  EXPECT_EQ(result_of(server.exchange(wire::request_text("POST", kPath, body, {kJsonHeader}))),
            first);
}

TEST(Discover, IsOneCallOfABatch) {
  const Server server;
  const std::string body = R"([{"jsonrpc":"2.0","method":"Probe.Version","id":1},)"
                           R"({"jsonrpc":"2.0","method":"rpc.discover","id":2},)"
                           R"({"jsonrpc":"2.0","method":"Probe.Version","id":3}])";
  const HttpResponse response =
      server.exchange(wire::request_text("POST", kPath, body, {kJsonHeader}));
  const std::vector<json::Value> answers = json::elements(response.body);
  ASSERT_EQ(answers.size(), 3U) << response.body;
  const json::Members second = json::members(answers[1].raw);
  EXPECT_EQ(methods_in(std::string(json::find(second, "result")->raw)).size(), 8U);
}

} // namespace
} // namespace host_test
