// SPDX-License-Identifier: Apache-2.0
//
// LoadImage of archives in every form, as the engine has the image afterwards.
#include "image_fixture.hpp"

#include <image/digest.hpp>

namespace wire {
namespace {

using mdocker::image::test::Codec;
using mdocker::image::test::compressed;

std::string succeeded(std::string_view id, unsigned mebibytes) {
  return R"({"images":[{"id":")" + std::string(id) + R"(","type":"container","size":)" +
         std::to_string(mebibytes) + "}]}";
}

class LoadForm : public Images, public testing::WithParamInterface<Form> {
protected:
  /// A containerd store takes no archive that `repositories` alone names.
  [[nodiscard]] bool is_taken() const {
    return GetParam().names_id || !has_containerd_store(engine());
  }
};
INSTANTIATE_TEST_SUITE_P(Forms, LoadForm, testing::ValuesIn(forms()),
                         [](const auto &form) { return std::string(form.param.name); });

TEST_P(LoadForm, IsLoadedUnderTheIdAndNothingElseIsNamed) {
  const ImageParts image(GetParam().name);
  service_.serve(kUuid, GetParam().write(image));

  const RpcAnswer answer = load();

  if (!is_taken()) {
    EXPECT_NE(answer.error.find("the file repositories alone"), std::string::npos) << answer.error;
    EXPECT_EQ(holdings(engine()), before_);
    return;
  }
  ASSERT_EQ(answer.error, "");
  EXPECT_EQ(answer.result, succeeded(kUuid, 0));
  if (GetParam().names_id) {
    EXPECT_TRUE(is_image(engine(), kName, image));
  }
  Holdings expected = before_;
  expected.names.insert(json_string(kName));
  expected.ids.insert(image_id(engine(), kName));
  EXPECT_EQ(holdings(engine()), expected);
}

TEST_P(LoadForm, LeavesAnImageAloneThatHasTheArchivesOwnName) {
  const ImageParts local("is here already");
  service_.serve(kOtherUuid, docker_archive(local));
  ASSERT_EQ(load(kOtherUuid).error, "");
  ASSERT_EQ(engine()
                .request("POST", "/images/" + std::string(kOtherUuid) +
                                     ":latest/tag?repo=mdocker-test/came&tag=with")
                .status,
            201);
  service_.serve(kUuid, GetParam().write(ImageParts(GetParam().name)));

  EXPECT_EQ(load().error.empty(), is_taken());

  EXPECT_TRUE(is_image(engine(), kOldName, local));
}

class LoadCompressed : public Images, public testing::WithParamInterface<Codec> {};
INSTANTIATE_TEST_SUITE_P(Codecs, LoadCompressed,
                         testing::Values(Codec::gzip, Codec::zstd, Codec::xz, Codec::bzip2));

TEST_P(LoadCompressed, IsDecompressedByItsContent) {
  const ImageParts image("compressed");
  service_.serve(kUuid, compressed(GetParam(), docker_archive(image)));

  EXPECT_EQ(load().error, "");

  EXPECT_TRUE(is_image(engine(), kName, image));
}

class LoadImage : public Images {};

TEST_F(LoadImage, TakesWhatTheEngineItselfHasSaved) {
  const std::string saved = engine().get("/images/" + std::string(kLoopImage) + "/get");
  service_.serve(kUuid, saved);

  const RpcAnswer answer = load();

  ASSERT_EQ(answer.error, "");
  EXPECT_EQ(image_id(engine(), kName), image_id(engine(), kLoopImage));
  const std::string size = at(engine().get("/images/" + kName + "/json"), {"Size"});
  EXPECT_EQ(answer.result, succeeded(kUuid, static_cast<unsigned>(std::stoull(size) >> 20U)));
}

TEST_F(LoadImage, AnUpperCaseIdIsLoweredForTheEngineAndEchoedAsGiven) {
  std::string upper(kUuid);
  for (char &c : upper)
    c = c >= 'a' && c <= 'f' ? static_cast<char>(c - 32) : c;
  ASSERT_NE(upper, kUuid);
  const ImageParts image("upper");
  service_.serve(upper, docker_archive(image));
  service_.serve(kUuid, docker_archive(image));

  const RpcAnswer answer = load(upper);

  EXPECT_EQ(answer.result, succeeded(upper, 0));
  EXPECT_TRUE(is_image(engine(), kName, image));
}

TEST_F(LoadImage, WhatTheEngineHasIsNotDownloaded) {
  service_.serve(kUuid, docker_archive(ImageParts("once")));
  ASSERT_EQ(load().error, "");

  EXPECT_EQ(load().result, succeeded(kUuid, 0));
  EXPECT_EQ(load(kLoopImage).error, "");

  EXPECT_EQ(service_.requests().size(), 1U);
}

TEST_F(LoadImage, AsksForTheBytesAsTheyAre) {
  service_.serve(kUuid, docker_archive(ImageParts("identity")));
  ASSERT_EQ(load().error, "");

  const auto asked = service_.requests();
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].line(), "GET " + download_path(kUuid));
  EXPECT_EQ(asked[0].header("accept-encoding"), "identity");
  EXPECT_EQ(asked[0].header("expect"), "");
  EXPECT_EQ(asked[0].header("host"), service_.address());
}

TEST_F(LoadImage, TakesAnArchiveOfUnknownLength) {
  const std::string archive = docker_archive(ImageParts("no length"));
  service_.answer(kUuid, Reply().send("HTTP/1.1 200 OK\r\n\r\n").send(archive).close());

  EXPECT_EQ(load().error, "");
}

TEST_F(LoadImage, TakesAnArchiveInChunks) {
  const std::string archive = docker_archive(ImageParts("chunks"));
  service_.answer(kUuid, Reply()
                             .send(mdocker::test::chunked_head(200))
                             .send(mdocker::test::chunk(archive.substr(0, 700)))
                             .send(mdocker::test::chunk(archive.substr(700)))
                             .send(mdocker::test::kLastChunk));

  EXPECT_EQ(load().error, "");
}

TEST_F(LoadImage, TakesAServiceThatKeepsItsConnection) {
  const std::string archive = docker_archive(ImageParts("kept"));
  service_.answer(kUuid, Reply().send(archive_head(archive.size())).send(archive));

  EXPECT_EQ(load().error, "");
  EXPECT_TRUE(service_.wait_until_alone());
}

TEST_F(LoadImage, ChecksTheChecksumThatCameWithIt) {
  const std::string archive = docker_archive(ImageParts("checked"));
  const std::string digest = mdocker::image::sha256_of(archive).substr(7);
  service_.serve(kUuid, archive, "X-Checksum-Sha256: " + digest + "\r\n");

  EXPECT_EQ(load().error, "");
}

TEST_F(LoadImage, FollowsARedirectOnTheSameHost) {
  const std::string archive = docker_archive(ImageParts("elsewhere"));
  service_.answer(kUuid, Reply()
                             .send("HTTP/1.1 302 Found\r\nLocation: /files/x.tar\r\n"
                                   "Content-Length: 0\r\n\r\n")
                             .close());
  service_.answer_at("/files/x.tar",
                     Reply().send(archive_head(archive.size())).send(archive).close());

  EXPECT_EQ(load().error, "");
}

} // namespace
} // namespace wire
