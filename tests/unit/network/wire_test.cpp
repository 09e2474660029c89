// SPDX-License-Identifier: Apache-2.0
#include "network/ovsdb_wire.hpp"

#include <gmock/gmock.h>

namespace mdocker::network::ovsdb {
namespace {

using testing::ElementsAre;

std::vector<std::string> cut(Framer &framer) {
  std::vector<std::string> all;
  while (std::optional<std::string> one = framer.next())
    all.push_back(std::move(*one));
  return all;
}

TEST(Framer, CutsObjectsThatNothingSeparates) {
  Framer framer;
  framer.add(R"({"a":1}{"b":{"c":[]}} {"d":"}{\"\\"})");
  EXPECT_THAT(cut(framer), ElementsAre(R"({"a":1})", R"({"b":{"c":[]}})", R"({"d":"}{\"\\"})"));
}

TEST(Framer, TakesThemByteByByte) {
  const std::string text = R"({"a":"\\\"}","b":[1]} {"c":{}})";
  Framer framer;
  std::vector<std::string> all;
  for (const char c : text) {
    framer.add({&c, 1});
    for (std::string &one : cut(framer))
      all.push_back(std::move(one));
  }
  EXPECT_THAT(all, ElementsAre(R"({"a":"\\\"}","b":[1]})", R"({"c":{}})"));
}

TEST(Framer, RefusesWhatIsNoObject) {
  for (const char *text : {"HTTP/1.1 400", "[1]", "}", "\"a\"", "\xff"}) {
    Framer framer;
    framer.add(text);
    EXPECT_THROW(framer.next(), ProtocolError) << text;
  }
}

TEST(Framer, RefusesWhatIsTooDeep) {
  Framer framer;
  framer.add(R"({"a":)" + std::string(1'000'000, '['));
  EXPECT_THROW(framer.next(), ProtocolError);
}

TEST(Framer, RefusesWhatIsTooLarge) {
  Framer framer;
  framer.add(R"({"a":")");
  const std::string megabyte(std::size_t{1} << 20U, 'x');
  for (std::size_t i = 0; i < Framer::kLargest >> 20U; ++i)
    framer.add(megabyte);
  EXPECT_THROW(framer.next(), ProtocolError);
}

struct Wrong {
  const char *name;
  const char *text;
};
class WrongMessage : public testing::TestWithParam<Wrong> {};

TEST_P(WrongMessage, IsAnError) {
  EXPECT_THROW(Message::parse(GetParam().text), ProtocolError);
}

INSTANTIATE_TEST_SUITE_P(
    Hostile, WrongMessage,
    testing::Values(Wrong{"Empty", "{}"}, Wrong{"NoJson", R"({"a":)"},
                    Wrong{"Brackets", R"({"a":[}])"}, Wrong{"NoUtf8", "{\"method\":\"\xff\"}"},
                    Wrong{"IdText", R"({"id":"x","result":[],"error":null})"},
                    Wrong{"IdNegative", R"({"id":-1,"result":[],"error":null})"},
                    Wrong{"IdNull", R"({"id":null,"result":[],"error":null})"},
                    Wrong{"IdHuge", R"({"id":99999999999999999999,"result":[],"error":null})"},
                    Wrong{"NoResult", R"({"id":1,"error":null})"},
                    Wrong{"MethodNumber", R"({"method":1,"params":[],"id":null})"},
                    Wrong{"NoParams", R"({"method":"update","id":null})"},
                    Wrong{"ParamsObject", R"({"method":"echo","params":{},"id":"e"})"}),
    [](const auto &param_info) { return param_info.param.name; });

TEST(Message, AnEchoKeepsItsIdAndParams) {
  const std::string text = R"({"method":"echo","params":[1,"a"],"id":{"x":2}})";
  const Message message = Message::parse(text);
  EXPECT_EQ(message.kind, Message::Kind::echo);
  EXPECT_EQ(message.raw_id, R"({"x":2})");
  EXPECT_EQ(message.result.raw, R"([1,"a"])");
}

TEST(Message, ARefusalIsInTheServersWords) {
  EXPECT_EQ(Message::parse(R"({"id":3,"result":null,"error":"no database"})").refusal,
            "no database");
  EXPECT_EQ(Message::parse(R"({"id":3,"result":null,"error":{"error":"x"}})").refusal,
            R"({"error":"x"})");
}

TEST(Values, OneValueStandsForASetOfItself) {
  EXPECT_THAT(integers(json::parse("7")), ElementsAre(7));
  EXPECT_THAT(integers(json::parse(R"(["set",[7,8]])")), ElementsAre(7, 8));
  EXPECT_THAT(integers(json::parse(R"(["set",[]])")), ElementsAre());
  EXPECT_THAT(uuids(json::parse(R"(["uuid","a"])")), ElementsAre("a"));
  EXPECT_THAT(uuids(json::parse(R"(["set",[["uuid","a"],["uuid","b"]]])")), ElementsAre("a", "b"));
  EXPECT_EQ(optional_string(json::parse(R"(["set",[]])")), std::nullopt);
  EXPECT_EQ(optional_string(json::parse(R"("x")")), "x");
}

TEST(Values, OfAnotherFormAreErrors) {
  EXPECT_THROW(integers(json::parse(R"("7")")), ProtocolError);
  EXPECT_THROW(integers(json::parse("1.5")), ProtocolError);
  EXPECT_THROW(integers(json::parse(R"(["set",7])")), ProtocolError);
  EXPECT_THROW(integers(json::parse(R"(["set",[7],8])")), ProtocolError);
  EXPECT_THROW(uuids(json::parse(R"(["named-uuid","a"])")), ProtocolError);
  EXPECT_THROW(uuids(json::parse(R"(["uuid",1])")), ProtocolError);
  EXPECT_THROW(optional_integer(json::parse(R"(["set",[1,2]])")), ProtocolError);
  EXPECT_THROW(strings(json::parse(R"(["map",[["a"]]])")), ProtocolError);
  EXPECT_THROW(strings(json::parse(R"(["map",[["a",1]]])")), ProtocolError);
  EXPECT_THROW(strings(json::parse(R"(["set",[]])")), ProtocolError);
  EXPECT_THROW(strings(json::parse("{}")), ProtocolError);
}

} // namespace
} // namespace mdocker::network::ovsdb
