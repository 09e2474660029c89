// SPDX-License-Identifier: Apache-2.0
#include "network/transaction.hpp"

#include "rows.hpp"

#include <gmock/gmock.h>

namespace mdocker::network {
namespace {

using test::rows;
using testing::HasSubstr;

NewPort port(const char *bridge = "br0") {
  return {0, "g1", "eth1", bridge, "mdb", {10, 20}};
}

// The operations as "op table", in their order.
std::vector<std::string> outline(const std::string &text) {
  std::vector<std::string> out;
  const std::string all = "[" + text + "]";
  for (const json::Value &operation : json::elements(all)) {
    const json::Members members = json::members(operation.raw);
    out.push_back(json::text(*json::find(members, "op")) + " " +
                  json::text(*json::find(members, "table")));
  }
  return out;
}

ovsdb::Results answer(std::string text) {
  ovsdb::Results results;
  results.text = std::move(text);
  results.operations = ovsdb::Results::parse(json::parse(results.text));
  return results;
}

TEST(Transaction, AddsAPortToABridgeThatIsThere) {
  const SwitchRows all = rows();
  Transaction transaction(all);
  transaction.add({port()}, "netdev");

  const std::string text = transaction.text();

  EXPECT_THAT(outline(text), testing::ElementsAre("wait Interface", "insert Interface",
                                                  "insert Port", "wait Bridge", "mutate Bridge",
                                                  "mutate Open_vSwitch", "select Open_vSwitch"));
  EXPECT_THAT(text, HasSubstr(R"("trunks":["set",[10,20]])"));
  EXPECT_THAT(text, HasSubstr(R"("external_ids":["map",[["container_id","g1"],)"
                              R"(["container_iface","eth1"]]])"));
  EXPECT_THAT(text, HasSubstr(R"("timeout":0)"));
}

TEST(Transaction, SaysWhoseAPortIsButDoesNotLookForItByThat) {
  const SwitchRows all = rows();
  Transaction transaction(all);
  NewPort ours = port();
  ours.instance = "here";
  transaction.add({ours}, "netdev");

  const std::string text = transaction.text();

  EXPECT_THAT(text, HasSubstr(R"(["container_iface","eth1"],["mdocker_instance","here"]]])"));
  EXPECT_THAT(text,
              HasSubstr(R"("where":[["external_ids","includes",["map",[["container_id","g1"],)"
                        R"(["container_iface","eth1"]]]]])"));
}

TEST(Transaction, MakesABridgeThatIsMissingOnceForAllItsPorts) {
  const SwitchRows all = rows();
  Transaction transaction(all);
  NewPort second = port("br1");
  second.nic = 1;
  second.nic_name = "eth2";
  second.link = "mdc";
  transaction.add({port("br1"), second}, "netdev");

  const std::string text = transaction.text();

  EXPECT_EQ(text.find(R"("table":"Bridge","uuid-name")"),
            text.rfind(R"("table":"Bridge","uuid-name")"));
  EXPECT_THAT(text, HasSubstr(R"("datapath_type":"netdev")"));
  EXPECT_THAT(text, HasSubstr(R"(["named-uuid","port0"],["named-uuid","port1"],)"
                              R"(["named-uuid","own_port0"])"));
}

TEST(Transaction, ExpectsOnlyThoseEarlierPortsThatItRemoves) {
  const SwitchRows all = rows();
  Transaction transaction(all);
  transaction.remove(all.of_guest({"g1"}).at(0));
  transaction.add({port()}, "");
  EXPECT_THAT(transaction.text(), HasSubstr(R"("until":"==","rows":[{"name":"mda"}])"));
}

TEST(Transaction, NamesAreQuoted) {
  const SwitchRows all = rows();
  Transaction transaction(all);
  NewPort hostile = port();
  hostile.guest = R"(g"]]],{"op":"abort"})";
  transaction.add({hostile}, "");
  EXPECT_EQ(outline(transaction.text()).size(), 7U);
}

TEST(Transaction, ABridgeWithOtherPortsIsNotRemoved) {
  const SwitchRows all = rows();
  Transaction transaction(all);
  transaction.remove_empty_bridge("br0");
  transaction.remove_empty_bridge("br7");
  EXPECT_TRUE(transaction.empty());
}

struct Answer {
  const char *name;
  const char *text;
  const char *says;
};

class Answers : public testing::TestWithParam<Answer> {};

// Of the transaction that removes g1's port: mutate Bridge, mutate Open_vSwitch, select.
TEST_P(Answers, AreCheckedOperationByOperation) {
  const SwitchRows all = rows();
  Transaction transaction(all);
  transaction.remove(all.of_guest({"g1"}).at(0));
  static_cast<void>(transaction.text());
  std::string said = "fine";
  try {
    EXPECT_EQ(transaction.check(answer(GetParam().text)).change, 5);
  } catch (const Error &error) {
    said = error.what();
    EXPECT_EQ(error.kind(), Kind::network);
  } catch (const ovsdb::ProtocolError &error) {
    said = error.what();
  }
  EXPECT_THAT(said, HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    Hostile, Answers,
    testing::Values(
        Answer{"Done", R"([{"count":1},{"count":1},{"rows":[{"next_cfg":5}]}])", "fine"},
        Answer{"BridgeIsGone", R"([{"count":0},{"count":1},{"rows":[{"next_cfg":5}]}])", "fine"},
        Answer{"Twice", R"([{"count":2},{"count":1},{"rows":[{"next_cfg":5}]}])",
               "bridge br0: remove port mda: the Open vSwitch database changed 2 rows"},
        Answer{"NoRoot", R"([{"count":1},{"count":0},{"rows":[{"next_cfg":5}]}])",
               "changed 0 rows, expected 1"},
        Answer{"NoCount", R"([{},{"count":1},{"rows":[{"next_cfg":5}]}])", "changed no rows"},
        Answer{"TooFew", R"([{"count":1}])", "answered to 1 operations, expected 3"},
        Answer{"TooMany", R"([{"count":1},{"count":1},{"rows":[{"next_cfg":5}]},{}])",
               "answered to 4 operations"},
        Answer{"Refused", R"([{"error":"constraint violation","details":"so"},null,null])",
               "bridge br0: remove port mda: the Open vSwitch database refused: constraint "
               "violation: so"},
        Answer{"RefusedAtTheEnd",
               R"([{"count":1},{"count":1},{"rows":[{"next_cfg":5}]},{"error":"I/O error"}])",
               "refused: I/O error"},
        Answer{"NoRows", R"([{"count":1},{"count":1},{"rows":[]}])", "which change"},
        Answer{"RowIsNone", R"([{"count":1},{"count":1},{"rows":[7]}])", "answered oddly"},
        Answer{"NoArray", R"({"count":1})", "expected the results"},
        Answer{"NoObject", R"([1,2,3])", "expected the result of an operation"},
        Answer{"CountIsText", R"([{"count":"1"},{"count":1},{"rows":[]}])", "expected an integer"}),
    [](const auto &param_info) { return param_info.param.name; });

TEST(Transaction, AGuardThatFailsMeansThatTheRowsAreStale) {
  const SwitchRows all = rows();
  Transaction transaction(all);
  transaction.add({port()}, "");
  static_cast<void>(transaction.text());
  EXPECT_THROW(
      transaction.check(answer(R"([{"error":"timed out"},null,null,null,null,null,null])")),
      Transaction::Stale);
}

} // namespace
} // namespace mdocker::network
