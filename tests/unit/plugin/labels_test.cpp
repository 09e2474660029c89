// SPDX-License-Identifier: Apache-2.0
#include "instance.hpp"
#include "methods/labels.hpp"

#include "guest.hpp"
#include "methods/guests.hpp"

#include <gmock/gmock.h>

namespace mdocker::methods {
namespace {

using testing::ElementsAre;
using testing::Pair;

Container made_as(std::string_view text) {
  Container container;
  container.labels = labels_of(guest(text));
  return container;
}

TEST(Labels, BringTheNicsBackAsTheyWereWanted) {
  const Guest g1 =
      guest(R"({"id":"g1","nics":[{"name":"eth1","network":"br0","mac":"AA:00:00:00:00:01",
      "address":"10.0.0.2","netmask":"255.0.0.0","gateway":"10.0.0.1","vlans":[7,5]},{}]})");

  const std::vector<network::Nic> nics = nics_of(labels_of(g1));

  EXPECT_EQ(nics, normalised(g1.nics));
}

TEST(Labels, AreOursUnlessTheGuestsIsBlank) {
  Container container;
  EXPECT_FALSE(container.ours());
  container.labels = {{"io.mistify.mdocker.guest", ""}};
  EXPECT_FALSE(container.ours());
  container.labels = {{"io.mistify.mdocker.guest", "g1"}};
  EXPECT_TRUE(container.ours());
}

TEST(Labels, NameTheInstanceWhereThereIsOne) {
  const Guest g1 = guest(R"({"id":"g1"})");

  EXPECT_EQ(labels_of(g1).count("io.mistify.mdocker.instance"), 0U);
  EXPECT_EQ(labels_of(g1, "here").at("io.mistify.mdocker.instance"), "here");
  EXPECT_TRUE(is_of_instance(labels_of(g1, "here"), "here"));
  EXPECT_FALSE(is_of_instance(labels_of(g1, "there"), "here"));
  EXPECT_FALSE(is_of_instance(labels_of(g1), "here"));
  EXPECT_TRUE(is_of_instance(labels_of(g1), default_instance()));
  EXPECT_TRUE(is_of_instance(blanks_for(labels_of(g1, "there")), default_instance()));
}

TEST(Labels, CannotBeForgedThroughMetadata) {
  const Strings labels =
      labels_of(guest(R"({"id":"g1","metadata":{"io.mistify.mdocker.guest":"other"}})"));

  EXPECT_EQ(labels.at("io.mistify.mdocker.guest"), "g1");
  EXPECT_EQ(labels.at("io.mistify.metadata.io.mistify.mdocker.guest"), "other");
}

TEST(NicsLabel, ThatSomebodyElseWroteIsAnErrorAndNoGuess) {
  for (const char *label : {"x", "{}", R"([{"name":1}])", "[", "[1]"}) {
    const Error error = test::error_of([&] { nics_of({{"io.mistify.mdocker.nics", label}}); });

    EXPECT_EQ(error.kind(), Kind::engine) << label;
    EXPECT_THAT(error.what(), testing::HasSubstr("label io.mistify.mdocker.nics")) << label;
  }
}

TEST(NicsLabel, ThatIsBlankOrAbsentHoldsNone) {
  EXPECT_TRUE(nics_of({}).empty());
  EXPECT_TRUE(nics_of({{"io.mistify.mdocker.nics", ""}}).empty());
}

TEST(Blanks, CoverOurLabelsAndNoOther) {
  const Strings labels = {{"io.mistify.mdocker.guest", "g"},
                          {"io.mistify.mdocker.later", "x"},
                          {"io.mistify.metadata.k", "v"},
                          {"io.mistify.other", "x"},
                          {"maintainer", "m"}};

  EXPECT_THAT(blanks_for(labels),
              ElementsAre(Pair("io.mistify.mdocker.guest", ""),
                          Pair("io.mistify.mdocker.later", ""), Pair("io.mistify.metadata.k", "")));
}

constexpr std::string_view kTwoNics =
    R"({"id":"g","nics":[{"name":"e0","mac":"aa:00:00:00:00:01","vlans":[1,2]},{"name":"e1"}]})";

TEST(WantedNics, AreThoseOfTheLabelWhereNoneAreGiven) {
  const Container container = made_as(kTwoNics);

  EXPECT_EQ(wanted_nics({}, container), normalised(guest(kTwoNics).nics));
}

TEST(WantedNics, MayBeGivenInAnotherSpelling) {
  const Guest given = guest(
      R"({"nics":[{"name":"e0","mac":"AA:00:00:00:00:01","vlans":[2,1],"model":"virtio"},
          {"name":"e1","vlans":[]}]})");

  EXPECT_EQ(wanted_nics(given.nics, made_as(kTwoNics)), normalised(given.nics));
}

TEST(WantedNics, OtherThanThoseOfTheLabelAreRefusedByName) {
  const Container container = made_as(kTwoNics);
  const Guest other =
      guest(R"({"nics":[{"name":"e0","mac":"aa:00:00:00:00:01","vlans":[1,2]},{"name":"e2"}]})");
  const Guest fewer = guest(R"({"nics":[{"name":"e0"}]})");

  const Error differs = test::error_of([&] { wanted_nics(other.nics, container); });
  const Error counts = test::error_of([&] { wanted_nics(fewer.nics, container); });

  EXPECT_EQ(differs.kind(), Kind::invalid);
  EXPECT_STREQ(differs.what(), "guest.nics[1].name: expected \"e1\", as the guest was created with "
                               "(or no nics), got \"e2\"");
  EXPECT_EQ(counts.kind(), Kind::invalid);
  EXPECT_STREQ(counts.what(),
               "guest.nics: expected the 2 that the guest was created with (or none), got 1");
}

TEST(WantedNics, OfAForeignContainerAreTheRequests) {
  const Guest given = guest(R"({"nics":[{"name":"e9"}]})");
  Container foreign = made_as(kTwoNics);
  foreign.labels["io.mistify.mdocker.guest"] = "";

  EXPECT_EQ(wanted_nics(given.nics, foreign), normalised(given.nics));
  EXPECT_TRUE(wanted_nics({}, foreign).empty());
}

TEST(GuestResponse, IsTheRequestsGuestInItsNewState) {
  const Guest g1 = guest(R"({"id":"g1","state":"old","memory":10,"bogus":1})");

  EXPECT_EQ(guest_response(g1, "running"),
            R"({"guest":{"id":"g1","state":"running","memory":10,"bogus":1}})");
  EXPECT_EQ(guest_response(guest(R"({"id":"g1"})"), "stopped", "a \"warning\""),
            R"({"guest":{"id":"g1","state":"stopped"},"message":"a \"warning\""})");
}

} // namespace
} // namespace mdocker::methods
