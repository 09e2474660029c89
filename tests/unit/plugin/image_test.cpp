// SPDX-License-Identifier: Apache-2.0
#include "methods/image.hpp"

#include "life.hpp"

#include <gmock/gmock.h>

#include <ostream>

namespace mdocker::methods {
namespace {

using namespace mdocker::test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kUuid = "22222222-2222-4222-8222-222222222222";
const std::string kOther = "33333333-3333-4333-8333-33333333333f";

// An element of the engine's list.
std::string listed(const std::string &tags, int mib = 1) {
  return R"({"Id":"sha256:)" + kHex + R"(","RepoTags":)" + tags + R"(,"Size":)" +
         std::to_string(mib * 1048576 + 5) + "}";
}

struct Form {
  std::string reference;
  std::string canonical;
};
void PrintTo(const Form &form, std::ostream *out) {
  *out << form.reference;
}
class CanonicalName : public testing::TestWithParam<Form> {};
TEST_P(CanonicalName, HasATagAndNoRegistryThatStandsForNone) {
  EXPECT_EQ(canonical_name(GetParam().reference), GetParam().canonical);
}
INSTANTIATE_TEST_SUITE_P(
    Table, CanonicalName,
    testing::Values(Form{"a", "a:latest"}, Form{"a:1", "a:1"},
                    Form{"host:5000/a", "host:5000/a:latest"},
                    Form{"host:5000/a:1", "host:5000/a:1"}, Form{"docker.io/library/a", "a:latest"},
                    Form{"index.docker.io/library/a:1", "a:1"}, Form{"library/a", "a:latest"},
                    Form{"docker.io/b/a", "b/a:latest"}, Form{"a@sha256:00", "a@sha256:00"}));

TEST(EngineName, IsLowerCaseForAUuidOnly) {
  EXPECT_EQ(engine_name("ABCDEF00-2222-4222-8222-222222222222"),
            "abcdef00-2222-4222-8222-222222222222");
  EXPECT_EQ(engine_name("busybox:T1"), "busybox:T1");
}

struct List {
  const char *name;
  std::string body;
  std::vector<std::string> ids;
};
void PrintTo(const List &list, std::ostream *out) {
  *out << list.name;
}
class ImageList : public testing::TestWithParam<List> {};
TEST_P(ImageList, HoldsTheImagesOfGuests) {
  std::vector<std::string> ids;
  for (const ListedImage &image : parse_image_list(GetParam().body))
    ids.push_back(image.id);

  EXPECT_EQ(ids, GetParam().ids);
}
INSTANTIATE_TEST_SUITE_P(
    Table, ImageList,
    testing::Values(
        List{"none", "[]", {}},
        List{"in the engine's order",
             "[" + listed("[\"" + kOther + ":latest\"]") + "," +
                 listed("[\"" + kUuid + ":latest\"]") + "]",
             {kOther, kUuid}},
        List{"whatever other names there are",
             "[" + listed("[\"b:1\",\"" + kUuid + ":latest\",\"" + kUuid + ":2\"]") + "]",
             {kUuid}},
        List{"under each of its UUIDs, once",
             "[" +
                 listed("[\"" + kUuid + ":latest\",\"" + kOther + ":latest\",\"" + kUuid +
                        ":latest\"]") +
                 "," + listed("[\"docker.io/library/" + kUuid + ":latest\"]") + "]",
             {kUuid, kOther}},
        List{"neither untagged nor foreign ones",
             "[" + listed("null") + "," + listed("[]") + "," + listed("[\"<none>:<none>\"]") +
                 R"(,{"Id":"sha256:)" + kHex + R"(","Size":-1})" + "," +
                 listed("[\"busybox:latest\"]") + "," + listed("[\"x/" + kUuid + ":latest\"]") +
                 "," + listed("[\"" + kUuid + ":v1\"]") + "]",
             {}}));

struct BadList {
  const char *name;
  std::string body;
  std::string problem;
};
void PrintTo(const BadList &bad, std::ostream *out) {
  *out << bad.name;
}
class BadImageList : public testing::TestWithParam<BadList> {};
TEST_P(BadImageList, IsTheEnginesFault) {
  const Error error = error_of([] { parse_image_list(GetParam().body); });

  EXPECT_EQ(error.kind(), Kind::engine);
  EXPECT_THAT(error.what(), HasSubstr("the engine's answer to list: " + GetParam().problem));
}
INSTANTIATE_TEST_SUITE_P(
    Table, BadImageList,
    testing::Values(BadList{"no JSON", "[{", "no well-formed JSON at byte"},
                    BadList{"no list", "{}", ""}, BadList{"no objects", "[1]", ""},
                    BadList{"tags of another form", "[" + listed("\"a\"") + "]",
                            "RepoTags is no array"},
                    BadList{"a tag of another form", "[" + listed("[1]") + "]",
                            "RepoTags has an element that is no string"},
                    BadList{"no size", R"([{"RepoTags":[")" + kUuid + R"(:latest"]}])",
                            "expected an image's size in Size"}));

TEST(InspectedImage, IsKnownByItsManifestWhereANameHasItsIdForDigest) {
  const auto known = [](const std::string &digests) {
    return parse_image(R"({"Id":"sha256:)" + kHex + R"(","Size":1,"RepoDigests":)" + digests + "}")
        .known_by_manifest;
  };

  EXPECT_TRUE(known(R"(["b@sha256:00",")" + kUuid + "@sha256:" + kHex + R"("])"));
  EXPECT_FALSE(known(R"(["b@sha256:00"])"));
  EXPECT_FALSE(known("[]"));
  EXPECT_FALSE(known("null"));
  EXPECT_FALSE(known(R"([1,{}])"));
  EXPECT_FALSE(known(R"("@sha256:)" + kHex + R"(")"));
}

TEST(InspectedImage, HasIdSizeAndNames) {
  const Image image = parse_image(listed(R"(["a:1","docker.io/library/b:2"])", 3));

  EXPECT_EQ(image.id, "sha256:" + kHex);
  EXPECT_EQ(image.size, 3U * 1048576 + 5);
  EXPECT_THAT(image.names, ElementsAre("a:1", "b:2"));
  EXPECT_THAT(parse_image(listed("null")).names, IsEmpty());
  EXPECT_THAT(error_of([] { parse_image(R"({"Size":1})"); }).what(), HasSubstr("image's id in Id"));
}

TEST_F(Life, ImagesAreListedWithTheirSizeInMebibytes) {
  engine({{"GET /images/json",
           {answer(200,
                   "[" + listed("[\"" + kUuid + ":latest\"]", 7) + "," + listed("null") + "]")}}});

  const Outcome outcome = call("ListImages", R"({"id":"zz","type":"t","dest":"d","source":"s"})");

  EXPECT_EQ(outcome.result,
            R"({"images":[{"id":")" + kUuid + R"(","type":"container","size":7}]})");
}

TEST_F(Life, AnImageIsAnsweredUnderTheIdThatWasAskedFor) {
  engine({{"GET /images/abcdef00-2222-4222-8222-222222222222/json",
           {answer(200, listed(R"(["abcdef00-2222-4222-8222-222222222222:latest"])"))}}});
  constexpr std::string_view kAsked = R"({"id":"ABCDEF00-2222-4222-8222-222222222222"})";

  for (const char *method : {"GetImage", "GetImages"})
    EXPECT_EQ(call(method, kAsked).result,
              R"({"images":[{"id":"ABCDEF00-2222-4222-8222-222222222222","type":"container",)"
              R"("size":1}]})");
}

TEST_F(Life, AnImageThatIsNotThereIsNoSuchImage) {
  engine(Script{});

  const Outcome outcome = call("GetImage", R"({"id":"asdf"})");

  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->kind(), Kind::not_found);
  EXPECT_STREQ(outcome.error->what(), "no such image");
  EXPECT_EQ(outcome.error->phase(), "inspect");
}

} // namespace
} // namespace mdocker::methods
