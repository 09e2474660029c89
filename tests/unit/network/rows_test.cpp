// SPDX-License-Identifier: Apache-2.0
#include "rows.hpp"

#include <gmock/gmock.h>

namespace mdocker::network {
namespace {

using test::rows;

TEST(SwitchRows, FindAGuestsInterfacesAndTheirPlaces) {
  const SwitchRows all = rows();

  const auto found = all.of_guest({"g0", "g1"});

  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].interface->name, "mda");
  EXPECT_EQ(found[0].interface->ofport, std::nullopt);
  EXPECT_EQ(found[0].port->name, "mda");
  EXPECT_THAT(found[0].port->trunks, testing::ElementsAre(10, 20));
  EXPECT_EQ(found[0].bridge->name, "br0");
  EXPECT_EQ(*found[0].bridge_uuid, "b0");
  EXPECT_TRUE(all.of_guest({"g2"}).empty());
}

TEST(SwitchRows, FollowChangesAndRemovals) {
  SwitchRows all = rows();

  all.apply(json::parse(R"({"Interface":{"i1":{"old":{"ofport":["set",[]]},"new":{"name":"mda",
      "external_ids":["map",[["container_id","g1"]]],"ofport":3,"error":["set",[]],"mtu":1500}}},
      "Port":{"p0":{"old":{}}}})"));

  EXPECT_EQ(all.interface_named("mda")->interface->ofport, 3);
  EXPECT_EQ(all.interface_named("br0")->port, nullptr);
}

TEST(SwitchRows, NameTheGuestsWhoseRowsWereChanged) {
  SwitchRows all = rows();
  EXPECT_THAT(all.take_changed(), testing::ElementsAre("g1"));
  EXPECT_TRUE(all.take_changed().empty());

  // Its port's VLANs, its owner, and its end.
  all.apply(json::parse(R"({"Port":{"p1":{"new":{"name":"mda","interfaces":["uuid","i1"],
      "trunks":["set",[]],"tag":["set",[]]}}}})"));
  EXPECT_THAT(all.take_changed(), testing::ElementsAre("g1"));
  all.apply(json::parse(R"({"Interface":{"i1":{"new":{"name":"mda",
      "external_ids":["map",[["container_id","g2"]]],"ofport":3,"error":["set",[]],"mtu":1500}}}})"));
  EXPECT_THAT(all.take_changed(), testing::ElementsAre("g1", "g2"));
  all.apply(json::parse(R"({"Interface":{"i1":{"old":{}}},"Port":{"p1":{"old":{}}}})"));
  EXPECT_THAT(all.take_changed(), testing::ElementsAre("g2"));
  all.apply(json::parse(R"({"Open_vSwitch":{"root":{"new":{"cur_cfg":5}}}})"));
  EXPECT_TRUE(all.take_changed().empty());
}

TEST(SwitchRows, FindAllPortsOfGuests) {
  SwitchRows all = rows();

  const auto found = all.of_guests();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].interface->name, "mda");
  EXPECT_EQ(*found[0].port_uuid, "p1");
  EXPECT_EQ(found[0].bridge->name, "br0");

  all.apply(json::parse(R"({"Bridge":{"b0":{"old":{}}}})"));
  EXPECT_TRUE(all.of_guests().empty());
}

TEST(SwitchRows, AnInterfaceInNoBridgeHasNoPlace) {
  SwitchRows all = rows();
  all.apply(json::parse(R"({"Bridge":{"b0":{"old":{}}}})"));
  EXPECT_EQ(all.of_guest({"g1"}).at(0).bridge, nullptr);
  EXPECT_EQ(all.bridge_named("br0"), nullptr);
}

TEST(SwitchRows, HostileUpdatesAreErrors) {
  for (const char *text :
       {"[]", R"({"Interface":[]})", R"({"Interface":{"i":1}})", R"({"Interface":{"i":{"new":1}}})",
        R"({"Interface":{"i":{"new":{}}}})", R"({"Interface":{"i":{"new":{"name":7}}}})",
        R"({"Bridge":{"b":{"new":{"name":"x","datapath_type":"","ports":["set",[1]]}}}})",
        R"({"Port":{"p":{"new":{"name":"x","interfaces":["set",[]],"trunks":"all","tag":1}}}})",
        R"({"Open_vSwitch":{"r":{"new":{"cur_cfg":"many"}}}})"}) {
    SwitchRows all;
    EXPECT_THROW(all.apply(json::parse(text)), ovsdb::ProtocolError) << text;
  }
}

} // namespace
} // namespace mdocker::network
