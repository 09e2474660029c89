// SPDX-License-Identifier: Apache-2.0
#include "methods/names.hpp"

#include "support.hpp"

#include <ostream>

namespace mdocker::methods {
namespace {

struct Name {
  std::string text;
  bool good;
};
void PrintTo(const Name &name, std::ostream *out) {
  *out << shown(name.text) << (name.good ? " good" : " bad");
}

class ContainerId : public testing::TestWithParam<Name> {};
TEST_P(ContainerId, FollowsTheEnginesGrammar) {
  EXPECT_EQ(is_container_id(GetParam().text), GetParam().good);
}
INSTANTIATE_TEST_SUITE_P(
    Table, ContainerId,
    testing::Values(Name{"g", true}, Name{"G1_.-", true}, Name{"0", true},
                    Name{"22222222-2222-4222-8222-222222222222", true},
                    Name{std::string(1024, 'a'), true}, Name{std::string(1025, 'a'), false},
                    Name{"", false}, Name{".", false}, Name{"..", false}, Name{"_a", false},
                    Name{"-a", false}, Name{"a/b", false}, Name{"../images", false},
                    Name{"a b", false}, Name{"g1?force=1&x=", false},
                    Name{"g1/kill?signal=KILL&x=", false}, Name{"a%2fb", false}, Name{"a#", false},
                    Name{"a\n", false}, Name{std::string("a\0", 2), false},
                    Name{"g\xC3\xA9", false}, Name{"a:b", false}));

class Tag : public testing::TestWithParam<Name> {};
TEST_P(Tag, FollowsTheEnginesGrammar) {
  EXPECT_EQ(is_tag(GetParam().text), GetParam().good);
}
INSTANTIATE_TEST_SUITE_P(Table, Tag,
                         testing::Values(Name{"latest", true}, Name{"T1", true}, Name{"_x", true},
                                         Name{"1.0-rc_2", true}, Name{std::string(128, 'a'), true},
                                         Name{std::string(129, 'a'), false}, Name{"", false},
                                         Name{".x", false}, Name{"-x", false}, Name{"a b", false},
                                         Name{"a:b", false}, Name{"a/b", false}));

class Repository : public testing::TestWithParam<Name> {};
TEST_P(Repository, FollowsTheEnginesGrammar) {
  EXPECT_EQ(is_repository(GetParam().text), GetParam().good);
}
INSTANTIATE_TEST_SUITE_P(
    Table, Repository,
    testing::Values(
        Name{"test-commit", true}, Name{"a", true}, Name{"a/b/c", true}, Name{"a.b_c__d---e", true},
        Name{"22222222-2222-4222-8222-222222222222", true}, Name{"localhost/a", true},
        Name{"localhost:5000/a", true}, Name{"Registry.Example-1.org:443/team/a", true},
        Name{"test:t1", true}, Name{"localhost:5000/a:t1", true}, Name{"", false},
        Name{"Bad Repo", false}, Name{"Upper", false}, Name{"Upper/a", false}, Name{"a/", false},
        Name{"/a", false}, Name{"a//b", false}, Name{"-a", false}, Name{"a-", false},
        Name{"a..b", false}, Name{"a___b", false}, Name{"a._b", false}, Name{"a:", false},
        Name{"a:b c", false}, Name{"host:port/a", false}, Name{"host:/a", false},
        Name{"-host.org/a", false}, Name{"host..org/a", false}, Name{"a@sha256:00", false},
        Name{"a?x=1", false}, Name{"a&b", false}, Name{std::string(64, 'a'), false},
        Name{std::string(65, 'a'), true},
        // 255 bytes with "docker.io/library/" before a name that has no registry of its own
        Name{std::string(237, 'z'), true}, Name{std::string(238, 'z'), false},
        Name{"a/" + std::string(243, 'z'), true}, Name{"a/" + std::string(244, 'z'), false}));

class ImageId : public testing::TestWithParam<Name> {};
TEST_P(ImageId, IsADigestOfSixtyFourDigits) {
  EXPECT_EQ(is_image_id(GetParam().text), GetParam().good);
}
INSTANTIATE_TEST_SUITE_P(Table, ImageId,
                         testing::Values(Name{"sha256:" + std::string(64, 'a'), true},
                                         Name{std::string(64, '0'), true},
                                         Name{std::string(63, '0'), false},
                                         Name{"sha256:" + std::string(64, 'A'), false},
                                         Name{"sha512:" + std::string(64, 'a'), false},
                                         Name{"sha256:" + std::string(64, '/'), false},
                                         Name{"", false}));

class ImageReference : public testing::TestWithParam<Name> {};
TEST_P(ImageReference, IsAnIdOrANameThatMayHaveADigest) {
  EXPECT_EQ(is_image_reference(GetParam().text), GetParam().good);
}
INSTANTIATE_TEST_SUITE_P(
    Table, ImageReference,
    testing::Values(Name{"busybox:test", true}, Name{"22222222-2222-4222-8222-222222222222", true},
                    Name{"c5cc9c27063d", true}, Name{std::string(64, 'a'), true},
                    Name{"sha256:" + std::string(64, 'a'), true},
                    Name{"localhost:5000/a/b@sha256:" + std::string(64, 'a'), true},
                    Name{"a:t@sha256:" + std::string(64, 'a'), true},
                    Name{"a@" + std::string(64, 'a'), false},
                    Name{"a@sha256:" + std::string(63, 'a'), false},
                    Name{"a@b@sha256:" + std::string(64, 'a'), false},
                    Name{"@sha256:" + std::string(64, 'a'), false}, Name{"", false},
                    Name{"UPPER", false}, Name{"../containers", false}, Name{"a/../b", false},
                    Name{"a?force=1", false}, Name{"a%2fb", false}, Name{"a b", false}));

TEST(BadImageReference, IsRefusedWithWhatWasExpected) {
  const Error error = test::error_of([] { check_image_reference("../containers"); });

  EXPECT_EQ(error.kind(), Kind::invalid);
  EXPECT_STREQ(error.what(), R"(invalid id "../containers": expected an image's name or id, )"
                             "[HOST[:PORT]/]NAME[:TAG][@sha256:HEX] with a NAME in lower case");
}

TEST(HexId, IsWhatMayNameAContainerTwice) {
  EXPECT_TRUE(may_be_hex_id("a8d73b24c14b"));
  EXPECT_TRUE(may_be_hex_id(std::string(64, 'f')));
  EXPECT_FALSE(may_be_hex_id(std::string(65, 'f')));
  EXPECT_FALSE(may_be_hex_id("22222222-2222-4222-8222-222222222222"));
  EXPECT_FALSE(may_be_hex_id("g1"));
  EXPECT_FALSE(may_be_hex_id(""));
}

TEST(BadContainerId, IsRefusedWithWhatWasExpected) {
  const Error error = test::error_of([] { check_container_id("a\n\"b"); });

  EXPECT_EQ(error.kind(), Kind::invalid);
  EXPECT_STREQ(error.what(), R"(invalid id "a\n\"b": expected a container's name or id, )"
                             R"([a-zA-Z0-9][a-zA-Z0-9_.-]*, at most 1024 bytes)");
}

TEST(LongText, IsShownCutBetweenCharacters) {
  const std::string text = std::string(79, 'a') + "\xC3\xA9" + std::string(1000, 'b');

  EXPECT_EQ(shown(text), "\"" + std::string(79, 'a') + "\"...");
}

} // namespace
} // namespace mdocker::methods
