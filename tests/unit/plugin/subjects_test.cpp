// SPDX-License-Identifier: Apache-2.0
#include "methods/subjects.hpp"

#include "support.hpp"

#include <gmock/gmock.h>

namespace mdocker::methods {
namespace {

using network::Plugged;
using testing::ElementsAre;

const std::string kFull(64, 'a');

ListedGuest listed(const std::string &guest, const std::string &container = kFull) {
  return {guest, container, guest, true, true};
}

std::vector<Subject> paired(const std::vector<ListedGuest> &guests,
                            const std::vector<Plugged> &ports) {
  return pair_up(guests, ports, "here");
}

std::string element(const std::string &labels, const std::string &names = R"(["/g1"])") {
  return R"({"Id":")" + kFull + R"(","Names":)" + names + R"(,"State":"paused","Labels":)" +
         labels + "}";
}

TEST(GuestList, IsReadByItsLabels) {
  const std::vector<ListedGuest> guests = parse_guests(
      "[" +
          element(R"({"io.mistify.mdocker.guest":"g1","io.mistify.mdocker.instance":"here"})",
                  R"(["/other/alias","/g1"])") +
          "," + element(R"({"io.mistify.mdocker.guest":"g2"})") + "," +
          element(R"({"io.mistify.mdocker.guest":"g3","io.mistify.mdocker.instance":"there"})") +
          "]",
      "here");

  ASSERT_EQ(guests.size(), 3U);
  EXPECT_EQ(guests[0].guest, "g1");
  EXPECT_EQ(guests[0].container, kFull);
  EXPECT_EQ(guests[0].name, "g1");
  EXPECT_TRUE(guests[0].up);
  EXPECT_TRUE(guests[0].ours);
  EXPECT_FALSE(guests[1].ours); // without one it is the default instance's
  EXPECT_FALSE(guests[2].ours);
}

TEST(GuestList, LeavesOutWhatNoGuestOfOursCanBe) {
  for (const std::string &one :
       {element("{}"), element("null"), element("7"), element(R"({"io.mistify.mdocker.guest":7})"),
        element(R"({"io.mistify.mdocker.guest":""})"),
        element(R"({"io.mistify.mdocker.guest":"a/b"})"),
        element(R"({"io.mistify.mdocker.guest":"g1"})", "[]"),
        element(R"({"io.mistify.mdocker.guest":"g1"})", R"([1,"g1","//","/a/b"])"),
        std::string("{}")})
    EXPECT_TRUE(parse_guests("[" + one + "]", "here").empty()) << one;
}

TEST(GuestList, ThatIsNoneIsAnError) {
  for (const char *body : {"", "{}", "[1]", "[", "<html>"})
    EXPECT_EQ(test::error_of([&] { parse_guests(body, "here"); }).kind(), Kind::engine) << body;
}

TEST(PairUp, FindsThePortsOfAGuestByEachOfItsNames) {
  const auto subjects =
      paired({listed("g1")},
             {{"g1", "here", "p1"}, {kFull, "", "p2"}, {kFull.substr(0, 12), "there", "p3"}});

  ASSERT_EQ(subjects.size(), 1U);
  EXPECT_EQ(subjects[0].guest, "g1");
  EXPECT_EQ(subjects[0].container, kFull);
  EXPECT_THAT(subjects[0].ports, ElementsAre("p1", "p2", "p3"));
  EXPECT_FALSE(subjects[0].left_alone);
}

TEST(PairUp, KnowsItsOwnPortsFromOthersWhereThereIsNoGuest) {
  const auto subjects = paired({}, {{"mine", "here", "p1"},
                                    {"nobodys", "", "p2"},
                                    {"theirs", "there", "p3"},
                                    {"mixed", "there", "p4"},
                                    {"mixed", "", "p5"}});

  ASSERT_EQ(subjects.size(), 4U); // by name
  EXPECT_TRUE(subjects[0].own_ports && !subjects[0].left_alone);
  EXPECT_EQ(subjects[1].guest, "mixed");
  EXPECT_TRUE(!subjects[1].own_ports && !subjects[1].left_alone);
  EXPECT_TRUE(!subjects[2].own_ports && !subjects[2].left_alone);
  EXPECT_EQ(subjects[3].guest, "theirs");
  EXPECT_TRUE(subjects[3].left_alone);
  for (const Subject &subject : subjects)
    EXPECT_EQ(subject.container, "");
}

TEST(PairUp, LeavesTheGuestsOfAnotherInstanceAlone) {
  ListedGuest theirs = listed("g1");
  theirs.ours = false;

  const auto subjects = paired({theirs}, {{"g1", "there", "p1"}});

  ASSERT_EQ(subjects.size(), 1U);
  EXPECT_TRUE(subjects[0].left_alone);
}

TEST(PairUp, TakesACopyForTheGuestOnlyWhereTheNameSaysSo) {
  const ListedGuest original = listed("g1");
  ListedGuest copy = listed("g1", std::string(64, 'b'));
  copy.name = "copy";
  ListedGuest another = listed("g1", std::string(64, 'c'));
  another.name = "another";

  for (const auto &guests :
       {std::vector{original, copy, another}, std::vector{copy, another, original}}) {
    const auto subjects = paired(guests, {});
    ASSERT_EQ(subjects.size(), 1U);
    EXPECT_EQ(subjects[0].container, kFull);
    EXPECT_FALSE(subjects[0].left_alone);
  }
  EXPECT_FALSE(paired({copy}, {}).at(0).left_alone); // renamed
  EXPECT_TRUE(paired({copy, another}, {}).at(0).left_alone);
}

} // namespace
} // namespace mdocker::methods
