// SPDX-License-Identifier: Apache-2.0
#include "methods/guest.hpp"

#include "support.hpp"

#include <ostream>

namespace mdocker::methods {
namespace {

Guest decode(std::string_view text) {
  return decode_guest(json::parse(text), Path("guest"));
}
std::string echo(std::string_view text) {
  return encode(decode(text));
}

struct Echo {
  const char *name;
  const char *in;
  const char *out;
};
void PrintTo(const Echo &echo, std::ostream *out) {
  *out << echo.name;
}

class GuestIsEchoed : public testing::TestWithParam<Echo> {};

TEST_P(GuestIsEchoed, AsTheWireSays) {
  EXPECT_EQ(echo(GetParam().in), GetParam().out);
}

INSTANTIATE_TEST_SUITE_P(
    Wire, GuestIsEchoed,
    testing::Values(
        Echo{"what is empty or zero is left out",
             R"({"id":"g1","type":"","image":"","nics":[],"disks":[],"state":"","memory":0,"cpu":0,
                 "vnc":0,"metadata":{}})",
             R"({"id":"g1"})"},
        Echo{"an id is written even where it is empty", "{}", R"({"id":""})"},
        Echo{
            "keys come in the order of the struct",
            R"({"metadata":{"z":"1","a":"2"},"vnc":-1,"cpu":2,"memory":10,"state":"s","disks":[{}],
                 "nics":[{}],"image":"i","type":"t","id":"g"})",
            R"({"id":"g","type":"t","image":"i",)"
            R"("nics":[{"network":"","model":"","address":"","netmask":"","gateway":"","vlans":null}],)"
            R"("disks":[{"bus":"","device":"","size":0,"volume":"","image":"","source":""}],)"
            R"("state":"s","memory":10,"cpu":2,"vnc":-1,"metadata":{"a":"2","z":"1"}})"},
        Echo{"a full interface",
             R"({"id":"g","nics":[{"vlans":[1,2,3],"device":"d","gateway":"g","netmask":"n",
                 "address":"a","mac":"12:7D:da:f2:ed:63","model":"m","network":"br0","name":"eth1"}]})",
             R"({"id":"g","nics":[{"name":"eth1","network":"br0","model":"m",)"
             R"("mac":"12:7D:da:f2:ed:63","address":"a","netmask":"n","gateway":"g","device":"d",)"
             R"("vlans":[1,2,3]}]})"},
        Echo{"no VLANs stay an empty list", R"({"id":"g","nics":[{"vlans":[]}]})",
             R"({"id":"g","nics":[{"network":"","model":"","address":"","netmask":"","gateway":"",)"
             R"("vlans":[]}]})"},
        Echo{"null is absent, and an element that is null is an empty one",
             R"({"id":"g","type":null,"memory":null,"disks":null,"metadata":{"k":null},
                 "nics":[null,{"mac":null,"vlans":[null]}]})",
             R"({"id":"g","nics":[)"
             R"({"network":"","model":"","address":"","netmask":"","gateway":"","vlans":null},)"
             R"({"network":"","model":"","address":"","netmask":"","gateway":"","vlans":[0]}],)"
             R"("metadata":{"k":""}})"},
        Echo{"unknown fields follow the known ones as they were written",
             R"({"x": [1.50, {"y" : null}], "id":"g", "Zed":1e3})",
             R"({"id":"g","x":[1.50, {"y" : null}],"Zed":1e3})"},
        Echo{"unknown fields of interfaces and disks too",
             R"({"id":"g","nics":[{"q":1}],"disks":[{"size":5,"q":"\u0041"}]})",
             R"({"id":"g","nics":[{"network":"","model":"","address":"","netmask":"","gateway":"",)"
             R"("vlans":null,"q":1}],"disks":[{"bus":"","device":"","size":5,"volume":"",)"
             R"("image":"","source":"","q":"\u0041"}]})"},
        Echo{"keys match in any case", R"({"ID":"g","Memory":10,"NICS":[{"NAME":"e"}]})",
             R"({"id":"g","nics":[{"name":"e","network":"","model":"","address":"","netmask":"",)"
             R"("gateway":"","vlans":null}],"memory":10})"},
        Echo{"the last of several keys wins, whatever its case",
             R"({"id":"a","memory":1,"ID":"b","MEMORY":2,"x":1,"x":2})",
             R"({"id":"b","memory":2,"x":2})"},
        Echo{"an unknown key keeps its case apart", R"({"id":"a","x":1,"X":2})",
             R"({"id":"a","x":1,"X":2})"},
        Echo{"metadata keys are data: their case counts",
             R"({"id":"a","metadata":{"k":"1","K":"2","k":"3"}})",
             R"({"id":"a","metadata":{"K":"2","k":"3"}})"},
        Echo{"the largest numbers are kept",
             R"({"id":"a","memory":18446744073709551615,"vnc":-9223372036854775808})",
             R"({"id":"a","memory":18446744073709551615,"vnc":-9223372036854775808})"},
        Echo{"text is escaped again", R"({"id":"a","type":"\"\u0000\n\u00e9"})",
             "{\"id\":\"a\",\"type\":\"\\\"\\u0000\\n\u00e9\"}"}));

struct Refused {
  const char *in;
  const char *message;
};
void PrintTo(const Refused &refused, std::ostream *out) {
  *out << refused.in;
}

class GuestOfAWrongType : public testing::TestWithParam<Refused> {};

TEST_P(GuestOfAWrongType, IsRefusedWithTheFieldAndBothTypes) {
  EXPECT_EQ(test::invalid_params([] { decode(GetParam().in); }), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Fields, GuestOfAWrongType,
    testing::Values(
        Refused{"[]", "guest: expected an object, got an array"},
        Refused{R"("g")", "guest: expected an object, got a string"},
        Refused{R"({"id":1})", "guest.id: expected a string, got the number 1"},
        Refused{R"({"type":true})", "guest.type: expected a string, got a boolean"},
        Refused{R"({"image":{}})", "guest.image: expected a string, got an object"},
        Refused{R"({"state":[]})", "guest.state: expected a string, got an array"},
        Refused{R"({"memory":"10"})", "guest.memory: expected an unsigned integer, got a string"},
        Refused{R"({"memory":-1})",
                "guest.memory: expected an unsigned integer, got the number -1"},
        Refused{R"({"memory":1.0})",
                "guest.memory: expected an unsigned integer, got the number 1.0"},
        Refused{R"({"memory":1e3})",
                "guest.memory: expected an unsigned integer, got the number 1e3"},
        Refused{R"({"memory":18446744073709551616})",
                "guest.memory: expected an unsigned integer, got the number 18446744073709551616"},
        Refused{R"({"cpu":123456789012345678901234567890123456789})",
                "guest.cpu: expected an unsigned integer, got the number "
                "12345678901234567890123456789012..."},
        Refused{R"({"vnc":9223372036854775808})",
                "guest.vnc: expected an integer, got the number 9223372036854775808"},
        Refused{R"({"nics":{}})", "guest.nics: expected an array, got an object"},
        Refused{R"({"nics":[{},1]})", "guest.nics[1]: expected an object, got the number 1"},
        Refused{R"({"nics":[{"mac":0}]})",
                "guest.nics[0].mac: expected a string, got the number 0"},
        Refused{R"({"nics":[{"vlans":"1"}]})",
                "guest.nics[0].vlans: expected an array, got a string"},
        Refused{R"({"nics":[{"vlans":[1,"2"]}]})",
                "guest.nics[0].vlans[1]: expected an integer, got a string"},
        Refused{R"({"disks":"sda"})", "guest.disks: expected an array, got a string"},
        Refused{R"({"disks":[{"size":-5}]})",
                "guest.disks[0].size: expected an unsigned integer, got the number -5"},
        Refused{R"({"metadata":["k"]})", "guest.metadata: expected an object, got an array"},
        Refused{R"({"metadata":{"k":1}})", "guest.metadata.k: expected a string, got the number 1"},
        Refused{R"({"memory":10,"MEMORY":"x"})",
                "guest.memory: expected an unsigned integer, got a string"}));

TEST(NormalisedNic, HasItsMacInLowerCaseAndItsVlansInOrderOnce) {
  const Guest guest = decode(
      R"({"nics":[{"name":"Eth0","network":"br0","mac":"AA:bb:CC:00:11:22","vlans":[3,1,3]}]})");

  const network::Nic nic = normalised(guest.nics.front());

  EXPECT_EQ(nic.name, "Eth0");
  EXPECT_EQ(nic.network, "br0");
  EXPECT_EQ(nic.mac, "aa:bb:cc:00:11:22");
  EXPECT_EQ(nic.vlans, (std::vector<std::int64_t>{1, 3}));
}

TEST(NormalisedNic, IsTheSameWithoutVlansAndWithNone) {
  const Guest guest = decode(R"({"nics":[{"name":"e"},{"name":"e","vlans":[]}]})");

  const std::vector<network::Nic> nics = normalised(guest.nics);

  ASSERT_EQ(nics.size(), 2U);
  EXPECT_EQ(nics[0], nics[1]);
}

} // namespace
} // namespace mdocker::methods
