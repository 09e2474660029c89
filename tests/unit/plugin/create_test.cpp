// SPDX-License-Identifier: Apache-2.0
#include "methods/create.hpp"

#include "guest.hpp"

#include <gmock/gmock.h>

namespace mdocker::methods {
namespace {

using testing::ElementsAre;

TEST(CreateBody, HoldsWhatAGuestNeedsAndNoMac) {
  const Guest g1 = guest(R"({"id":"g1","image":"test/loop","memory":10,"metadata":{"k":"v"},
      "nics":[{"name":"eth1","network":"br0","mac":"12:7D:DA:F2:ED:63","vlans":[2,1]}]})");

  const std::string body = create_body(g1, 0, {});

  EXPECT_EQ(body,
            R"({"Image":"test/loop","Hostname":"g1","OpenStdin":true,)"
            R"("Labels":{"io.mistify.mdocker.guest":"g1","io.mistify.mdocker.nics":)"
            R"("[{\"name\":\"eth1\",\"network\":\"br0\",\"model\":\"\",)"
            R"(\"mac\":\"12:7d:da:f2:ed:63\",\"address\":\"\",\"netmask\":\"\",\"gateway\":\"\",)"
            R"(\"vlans\":[1,2]}]","io.mistify.metadata.k":"v"},)"
            R"("HostConfig":{"NetworkMode":"none","Memory":10485760}})");
}

TEST(CreateBody, NamesTheInstanceAndTheCreate) {
  const std::string body = create_body(guest(R"({"id":"g","image":"i"})"), 0, {}, "here", "token");

  EXPECT_THAT(body, testing::HasSubstr(R"("io.mistify.mdocker.instance":"here")"));
  EXPECT_THAT(body, testing::HasSubstr(R"("io.mistify.mdocker.create":"token")"));
}

TEST(CreateBody, LimitsNothingWhereNothingIsAskedFor) {
  const std::string body = create_body(guest(R"({"id":"g","image":"i"})"), 0, {});

  EXPECT_THAT(body, testing::HasSubstr(R"("HostConfig":{"NetworkMode":"none"}})"));
}

TEST(CreateBody, CarriesTheLargestMemoryWithoutOverflow) {
  const std::string body = create_body(guest(R"({"id":"g","memory":8796093022207})"), 0, {});

  EXPECT_THAT(body, testing::HasSubstr(R"("Memory":9223372036853727232)"));
}

TEST(CreateBody, MapsDevicesAndLimitsCpus) {
  const std::string body =
      create_body(guest(R"({"id":"g"})"), 2'000'000'000, {"/dev/zfs", "/dev/a\"b"});

  EXPECT_THAT(body,
              testing::HasSubstr(R"("NanoCpus":2000000000,"Devices":[{"PathOnHost":"/dev/zfs",)"
                                 R"("PathInContainer":"/dev/zfs","CgroupPermissions":"rwm"},)"
                                 R"({"PathOnHost":"/dev/a\"b","PathInContainer":"/dev/a\"b",)"
                                 R"("CgroupPermissions":"rwm"}]}})"));
}

TEST(CreateBody, IsWellFormedWhateverTheRequestHolds) {
  const Guest hostile = guest(
      R"({"id":"g","image":"a\"},\"x\":{\"","metadata":{"a\"b":"\u0000\\","":""},"nics":[{"name":"\""}]})");

  const std::string body = create_body(hostile, 0, {});

  const json::Members members = json::members(body);
  const json::Members labels = json::members(json::find(members, "Labels")->raw);
  EXPECT_EQ(json::text(*json::find(members, "Image")), "a\"},\"x\":{\"");
  EXPECT_EQ(json::text(*json::find(labels, "io.mistify.metadata.a\"b")), std::string("\0\\", 2));
  EXPECT_NE(json::find(labels, "io.mistify.metadata."), nullptr);
}

TEST(CpuLimit, IsNoneForAsManyAsTheEngineHas) {
  EXPECT_EQ(nano_cpus(1, 2), 1'000'000'000U);
  EXPECT_EQ(nano_cpus(2, 2), 0U);
  EXPECT_EQ(nano_cpus(18446744073709551615U, 2), 0U);
}

TEST(Devices, AreMappedWhereTheyExist) {
  EXPECT_THAT(present({"/dev/null", "/dev/there-is-no-such-device", "/dev/zero"}),
              ElementsAre("/dev/null", "/dev/zero"));
}

TEST(CreatedAnswer, HoldsIdAndWarnings) {
  const Created created = Created::parse(R"({"Id":"abc","Warnings":["one","two"]})");

  EXPECT_EQ(created.id, "abc");
  EXPECT_THAT(created.warnings, ElementsAre("one", "two"));
  EXPECT_TRUE(Created::parse(R"({"Id":"abc","Warnings":null})").warnings.empty());
}

TEST(CreatedAnswer, WithoutAnIdIsTheEnginesFault) {
  for (const char *body : {"{}", R"({"Id":1})", R"({"Id":"../x"})", "[]", "", "{"})
    EXPECT_EQ(test::error_of([&] { Created::parse(body); }).kind(), Kind::engine) << body;
}

} // namespace
} // namespace mdocker::methods
