// SPDX-License-Identifier: Apache-2.0
//
// The forms in which engines and tools write an image.
#include "archives.hpp"
#include "image/digest.hpp"

#include <archive_entry.h>

namespace mdocker::image::test {
namespace {

const std::string kRepositories = "{\"" + kId + "\":{\"latest\":\"" + kHash + "\"}}\n";
const std::string kAnnotations =
    R"("annotations":{"io.containerd.image.name":"docker.io/library/)" + kId +
    R"(:latest","org.opencontainers.image.ref.name":"latest")";

std::string layers(const std::string &hash) {
  return R"("Layers":[")" + hash + R"(/layer.tar"])";
}

std::string renamed_manifest(const std::string &hash = kHash) {
  return R"([{"Config":")" + kConfig + R"(.json","RepoTags":[")" + kId + R"(:latest"],)" +
         layers(hash) + "}]\n";
}

void add_legacy_layer(Tar &tar, const std::string &hash = kHash) {
  tar.folder(hash + "/");
  tar.file(hash + "/VERSION", "1.0").file(hash + "/json", R"({"id":"x"})");
  tar.file(hash + "/layer.tar", std::string(3'000, 'x'));
}

// What is written in the place of a file that names the image.
std::string renamed(const std::string &file, const std::string &content) {
  Tar tar;
  add_legacy_layer(tar);
  tar.file(kConfig + ".json", "{}").file(file, content);
  const Outcome outcome = run(tar.done());
  EXPECT_TRUE(outcome.result) << outcome.why();
  return content_of(read_back(outcome.out), file);
}

TEST(Forms, ALegacyArchiveIsRenamedInRepositories) {
  Tar tar;
  add_legacy_layer(tar);
  tar.file("repositories", R"({"other/name":{"v1":")" + kHash + R"(","v2":")" + kHash + "\"}}");
  const Outcome outcome = run(tar.done());
  ASSERT_TRUE(outcome.result) << outcome.why();
  Tar expected;
  add_legacy_layer(expected);
  expected.file("repositories", kRepositories);
  EXPECT_EQ(content_of(read_back(outcome.out), "repositories"), kRepositories);
  EXPECT_EQ(outcome.result->config_digest, "");
  EXPECT_TRUE(outcome.result->legacy_only);
  EXPECT_FALSE(outcome.result->manifest_added);
  const std::vector<Entry> before = read_back(tar.done());
  const std::vector<Entry> after = read_back(outcome.out);
  ASSERT_EQ(after.size(), before.size());
  for (std::size_t i = 0; i + 1 < before.size(); ++i)
    EXPECT_EQ(after[i].content, before[i].content) << before[i].name;
}

TEST(Forms, AnArchiveWithAManifestIsRenamedInBoth) {
  Tar tar;
  add_legacy_layer(tar);
  tar.file(kConfig + ".json", "{}");
  tar.file("manifest.json", R"([{"Config":")" + kConfig + R"(.json","RepoTags":["a:1","b:2"],)" +
                                layers(kHash) + R"(,"Parent":"sha256:1", "New" : [1.50, null]}])");
  tar.file("repositories", R"({"a":{"1":")" + kHash + R"("},"b":{"2":")" + kHash + "\"}}");
  const Outcome outcome = run(tar.done());
  ASSERT_TRUE(outcome.result) << outcome.why();
  const std::vector<Entry> entries = read_back(outcome.out);
  EXPECT_EQ(content_of(entries, "repositories"), kRepositories);
  EXPECT_EQ(content_of(entries, "manifest.json"), R"([{"Config":")" + kConfig +
                                                      R"(.json","RepoTags":[")" + kId +
                                                      R"(:latest"],)" + layers(kHash) +
                                                      R"(,"Parent":"sha256:1","New":[1.50, null]}])"
                                                      "\n");
  EXPECT_EQ(outcome.result->config_digest, "sha256:" + kConfig);
  EXPECT_FALSE(outcome.result->legacy_only);
}

TEST(Forms, RepoTagsThatAreNullOrAbsentAreAdded) {
  const std::string begin = R"([{"Config":")" + kConfig + R"(.json",)";
  EXPECT_EQ(renamed("manifest.json", begin + R"("RepoTags":null,)" + layers(kHash) + "}]"),
            renamed_manifest());
  EXPECT_EQ(renamed("manifest.json", begin + R"("RepoTags":[],)" + layers(kHash) + "}]"),
            renamed_manifest());
  EXPECT_EQ(renamed("manifest.json", begin + layers(kHash) + "}]"), begin + layers(kHash) +
                                                                        R"(,"RepoTags":[")" + kId +
                                                                        R"(:latest"]}])"
                                                                        "\n");
}

std::string manifest_with(std::string_view key, std::string_view tag) {
  std::string out = R"([{"Config":")" + kConfig + R"(.json",")";
  out += key;
  out += R"(":[")";
  out += tag;
  return out + R"("],)" + layers(kHash) + "}]";
}

TEST(Forms, AFieldInAnotherCaseIsTheFieldForAnEngineAndForUs) {
  // U+017F: Go's decoder takes it for an s.
  for (const std::string_view key : {"repotags", "REPOTAGS", "RepoTag\xC5\xBF"}) {
    const std::string archive = manifest_with(key, "evil:latest");
    std::string expected = manifest_with(key, kId + ":latest");
    expected += '\n';
    EXPECT_EQ(renamed("manifest.json", archive), expected);
  }
}

TEST(Forms, OneImageThatStandsOnceForEachTagIsOne) {
  const std::string image =
      R"({"Config":")" + kConfig + R"(.json","RepoTags":["a:1"],)" + layers(kHash) + "}";
  EXPECT_EQ(renamed("manifest.json", "[" + image + ", " + image + "]"), renamed_manifest());
}

TEST(Forms, WhereLayersAreLinksTheirFilesAreThere) {
  // Engines from 1.10 to 24 write a layer that is there already as a link, Podman all of them.
  Tar tar;
  add_legacy_layer(tar);
  tar.folder(kOther + "/").symlink(kOther + "/layer.tar", "../" + kHash + "/layer.tar");
  tar.file(kConfig + ".json", "{}");
  tar.file("manifest.json",
           R"([{"Config":")" + kConfig + R"(.json","RepoTags":null,)" + layers(kOther) + "}]");
  const Outcome outcome = run(tar.done());
  ASSERT_TRUE(outcome.result) << outcome.why();
  const std::vector<Entry> entries = read_back(outcome.out);
  EXPECT_EQ(content_of(entries, "manifest.json"), renamed_manifest(kOther));
  EXPECT_EQ(entries[5].link, "../" + kHash + "/layer.tar");
}

TEST(Forms, APodmanArchiveIsRenamed) {
  Tar tar;
  tar.file(kOther + ".tar", "layer").folder(kHash);
  tar.symlink(kHash + "/layer.tar", "../" + kOther + ".tar").file(kHash + "/VERSION", "1.0");
  tar.file(kHash + "/json", "{}").file(kConfig + ".json", "{}");
  tar.file("repositories", R"({"localhost/a":{"latest":")" + kHash + "\"}}");
  tar.file("manifest.json", R"([{"Config":")" + kConfig +
                                R"(.json","RepoTags":["localhost/a:latest"],"Layers":[")" + kOther +
                                R"(.tar"]}])");
  const Outcome outcome = run(tar.done());
  ASSERT_TRUE(outcome.result) << outcome.why();
  EXPECT_EQ(content_of(read_back(outcome.out), "repositories"), kRepositories);
  EXPECT_EQ(outcome.result->config_digest, "sha256:" + kConfig);
}

TEST(Forms, WhereTheNamingFilesStandDoesNotMatter) {
  const OciImage image("1");
  const std::string index = index_json(image.descriptor());
  const std::string manifest = R"([{"Config":")" + blob(image.config_digest) +
                               R"(","RepoTags":["a:b"],"Layers":[")" + blob(image.layer_digest) +
                               R"("]}])";
  for (int place = 0; place < 3; ++place) {
    Tar tar;
    const auto name = [&] {
      tar.file("index.json", index).file("manifest.json", manifest);
      tar.file("repositories", R"({"a":{"b":")" + kHash + "\"}}");
    };
    if (place == 0)
      name();
    tar.file("oci-layout", R"({"imageLayoutVersion": "1.0.0"})");
    if (place == 1)
      name();
    image.add_blobs(tar);
    if (place == 2)
      name();
    const Outcome outcome = run(tar.done());
    ASSERT_TRUE(outcome.result) << outcome.why();
    const std::vector<Entry> entries = read_back(outcome.out);
    ASSERT_EQ(entries.size(), 7U);
    EXPECT_EQ(content_of(entries, "repositories"), kRepositories);
    EXPECT_NE(content_of(entries, "index.json").find(kAnnotations), std::string::npos);
    EXPECT_NE(content_of(entries, "manifest.json").find(R"(["0123abcd-)"), std::string::npos);
    EXPECT_EQ(content_of(entries, blob(image.layer_digest)), image.layer);
    EXPECT_EQ(outcome.result->config_digest, image.config_digest);
    EXPECT_EQ(outcome.result->manifest_digest, image.manifest_digest);
    EXPECT_EQ(outcome.result->target_digest, image.manifest_digest);
    EXPECT_FALSE(outcome.result->manifest_added);
  }
}

TEST(Forms, AnOciArchiveIsRenamedAndGetsAManifest) {
  const OciImage image("1");
  Tar tar;
  image.add_blobs(tar);
  tar.file(
      "index.json",
      index_json(image.descriptor(
          R"(,"annotations":{"org.opencontainers.image.ref.name":"x","org.example.a":"kept"},"new":1.50)")));
  tar.file("oci-layout", R"({"imageLayoutVersion":"1.0.0"})");
  const Outcome outcome = run(tar.done());
  ASSERT_TRUE(outcome.result) << outcome.why();
  const std::vector<Entry> entries = read_back(outcome.out);
  EXPECT_EQ(
      content_of(entries, "index.json"),
      index_json(image.descriptor("," + kAnnotations + R"(,"org.example.a":"kept"},"new":1.50)")));
  EXPECT_EQ(entries.back().name, "manifest.json");
  EXPECT_EQ(entries.back().content, R"([{"Config":")" + blob(image.config_digest) +
                                        R"(","RepoTags":[")" + kId + R"(:latest"],"Layers":[")" +
                                        blob(image.layer_digest) +
                                        R"("]}])"
                                        "\n");
  EXPECT_TRUE(outcome.result->manifest_added);
  EXPECT_EQ(outcome.result->config_digest, image.config_digest);
}

// A containerd store takes such an archive for a docker-archive, and makes a manifest of its own.
TEST(Forms, AnOciArchiveWithoutItsLayoutFileGetsIt) {
  const OciImage image("1");
  const std::string layout = R"({"imageLayoutVersion":"1.0.0"})";
  Tar tar;
  image.add_blobs(tar);
  tar.file("index.json", index_json(image.descriptor()));
  const Outcome bare = run(tar.done());
  ASSERT_TRUE(bare.result) << bare.why();
  EXPECT_EQ(content_of(read_back(bare.out), "oci-layout"), layout);

  tar.file("manifest.json", R"([{"Config":")" + blob(image.config_digest) +
                                R"(","RepoTags":["a:b"],"Layers":[")" + blob(image.layer_digest) +
                                R"("]}])");
  const Outcome both = run(tar.done());
  ASSERT_TRUE(both.result) << both.why();
  const std::vector<Entry> entries = read_back(both.out);
  EXPECT_EQ(content_of(entries, "oci-layout"), layout);
  EXPECT_EQ(entries.size(), 6U);
}

TEST(Forms, ALayoutFileThatIsThereIsKeptAsItIs) {
  const OciImage image("1");
  const std::string layout = R"( { "imageLayoutVersion" : "1.0.0" } )";
  Tar tar;
  image.add_blobs(tar);
  tar.file("index.json", index_json(image.descriptor())).file("./oci-layout", layout);
  const Outcome outcome = run(tar.done());
  ASSERT_TRUE(outcome.result) << outcome.why();
  const std::vector<Entry> entries = read_back(outcome.out);
  EXPECT_EQ(content_of(entries, "./oci-layout"), layout);
  EXPECT_EQ(content_of(entries, "oci-layout"), "(none)");
}

TEST(Forms, ADockerArchiveGetsNoLayoutFile) {
  Tar tar;
  add_legacy_layer(tar);
  tar.file(kConfig + ".json", "{}").file("manifest.json", renamed_manifest());
  const Outcome outcome = run(tar.done());
  ASSERT_TRUE(outcome.result) << outcome.why();
  EXPECT_EQ(content_of(read_back(outcome.out), "oci-layout"), "(none)");
}

TEST(Forms, WhatAContainerHasTooIsNoSignOfOneWhereAnImageIsNamed) {
  Tar tar;
  tar.file(".dockerenv", "").folder("etc/").symlink("etc/x", "../" + kConfig + ".json");
  add_legacy_layer(tar);
  tar.file(kConfig + ".json", "{}").file("manifest.json", renamed_manifest());
  const Outcome outcome = run(tar.done());
  EXPECT_TRUE(outcome.result) << outcome.why();
}

TEST(Forms, AnUntaggedOciArchiveGetsItsName) {
  const OciImage image("1");
  for (const std::string more : {"", R"(,"annotations":null)", R"(,"annotations":{})"}) {
    Tar tar;
    tar.file("index.json", index_json(image.descriptor(more)));
    image.add_blobs(tar);
    const Outcome outcome = run(tar.done());
    ASSERT_TRUE(outcome.result) << outcome.why();
    EXPECT_EQ(content_of(read_back(outcome.out), "index.json"),
              index_json(image.descriptor("," + kAnnotations + "}")));
  }
}

TEST(Forms, NamesThatAreWrittenWithADotAreTheSame) {
  const OciImage image("1");
  Tar tar;
  tar.folder("./").folder("./blobs/");
  image.add_blobs(tar, "./");
  tar.file("./index.json", index_json(image.descriptor()));
  tar.file(".//repositories", R"({"a":{"b":")" + kHash + "\"}}");
  tar.file("././manifest.json", R"([{"Config":"./)" + blob(image.config_digest) +
                                    R"(","RepoTags":["a:b"],"Layers":[]}])");
  const Outcome outcome = run(tar.done());
  ASSERT_TRUE(outcome.result) << outcome.why();
  const std::vector<Entry> entries = read_back(outcome.out);
  EXPECT_NE(content_of(entries, "./index.json").find(kAnnotations), std::string::npos);
  EXPECT_EQ(content_of(entries, ".//repositories"), kRepositories);
  EXPECT_NE(content_of(entries, "././manifest.json").find(kId), std::string::npos);
}

TEST(Forms, AnIndexOfSeveralPlatformsIsOneImage) {
  const OciImage amd("amd");
  const OciImage arm("arm");
  const OciImage absent("absent");
  const std::string attestation = R"({"schemaVersion":2,"config":{},"layers":[]})";
  const std::string nested =
      index_json(arm.descriptor(R"(,"platform":{"os":"linux","architecture":"arm64"})") + "," +
                 amd.descriptor(R"(,"platform":{"os":"linux","architecture":"amd64"})") + "," +
                 absent.descriptor(R"(,"platform":{"os":"linux","architecture":"s390x"})") + "," +
                 descriptor(kManifestType, attestation,
                            R"(,"platform":{"os":"unknown","architecture":"unknown"})"));
  Tar tar;
  tar.file(blob(sha256_of(nested)), nested);
  amd.add_blobs(tar);
  arm.add_blobs(tar);
  tar.file("index.json", index_json(descriptor(kIndexType, nested)));
  for (const auto &[platform, image] :
       {std::pair("linux/amd64", &amd), std::pair("linux/arm64", &arm),
        std::pair("windows/x", &arm)}) {
    Options options;
    options.platform = platform;
    const Outcome outcome = run(tar.done(), 4'096, options);
    ASSERT_TRUE(outcome.result) << outcome.why();
    EXPECT_EQ(outcome.result->config_digest, image->config_digest);
    EXPECT_EQ(outcome.result->manifest_digest, image->manifest_digest);
    EXPECT_EQ(outcome.result->target_digest, sha256_of(nested));
    const std::vector<Entry> entries = read_back(outcome.out);
    EXPECT_EQ(content_of(entries, "index.json"),
              index_json(descriptor(kIndexType, nested, "," + kAnnotations + "}")));
    EXPECT_NE(content_of(entries, "manifest.json").find(blob(image->config_digest)),
              std::string::npos);
  }
}

TEST(Forms, PlatformsThatStandInIndexJsonItselfGetAnIndexOfTheirOwn) {
  const OciImage amd("amd");
  const OciImage arm("arm");
  const std::string both = amd.descriptor(R"(,"platform":{"os":"linux","architecture":"amd64"})") +
                           "," +
                           arm.descriptor(R"(,"platform":{"os":"linux","architecture":"arm64"})");
  Tar tar;
  tar.file("index.json", index_json(both));
  amd.add_blobs(tar);
  arm.add_blobs(tar);
  Options options;
  options.platform = "linux/arm64";
  const Outcome outcome = run(tar.done(), 4'096, options);
  ASSERT_TRUE(outcome.result) << outcome.why();
  const std::vector<Entry> entries = read_back(outcome.out);
  EXPECT_EQ(content_of(entries, blob(outcome.result->target_digest)), index_json(both));
  EXPECT_EQ(content_of(entries, "index.json"),
            index_json(descriptor(kIndexType, index_json(both), "," + kAnnotations + "}")));
  EXPECT_EQ(outcome.result->config_digest, arm.config_digest);
}

TEST(Forms, SeveralTagsOfOneOciImageBecomeOne) {
  const OciImage image("1");
  Tar tar;
  image.add_blobs(tar);
  tar.file("index.json",
           index_json(image.descriptor(R"(,"annotations":{"io.containerd.image.name":"a:1"})") +
                      "," +
                      image.descriptor(R"(,"annotations":{"io.containerd.image.name":"b:1"})")));
  const Outcome outcome = run(tar.done());
  ASSERT_TRUE(outcome.result) << outcome.why();
  EXPECT_EQ(content_of(read_back(outcome.out), "index.json"),
            index_json(image.descriptor("," + kAnnotations + "}")));
}

TEST(Forms, AnAttestationBesideTheImageKeepsNoName) {
  const OciImage image("1");
  const std::string attestation = "{}";
  const std::string more =
      R"(,"annotations":{"vnd.docker.reference.type":"attestation-manifest","io.containerd.image.name":"evil:1"})";
  Tar tar;
  image.add_blobs(tar);
  tar.file("index.json",
           index_json(descriptor(kManifestType, attestation, more) + "," + image.descriptor()));
  const Outcome outcome = run(tar.done());
  ASSERT_TRUE(outcome.result) << outcome.why();
  EXPECT_EQ(
      content_of(read_back(outcome.out), "index.json"),
      index_json(
          descriptor(kManifestType, attestation,
                     R"(,"annotations":{"vnd.docker.reference.type":"attestation-manifest"})") +
          "," + image.descriptor("," + kAnnotations + "}")));
}

TEST(Forms, AnImageWithoutLayersIsOne) {
  EXPECT_EQ(renamed("manifest.json", R"([{"Config":")" + kConfig + R"(.json","Layers":null}])"),
            R"([{"Config":")" + kConfig + R"(.json","Layers":null,"RepoTags":[")" + kId +
                R"(:latest"]}])"
                "\n");
}

TEST(Forms, ANamingFileThatIsThereTwiceGoesOutOnce) {
  Tar tar;
  add_legacy_layer(tar);
  const std::string repositories = R"({"a":{"b":")" + kHash + "\"}}";
  tar.file("repositories", repositories).file("./repositories", repositories);
  const Outcome outcome = run(tar.done());
  ASSERT_TRUE(outcome.result) << outcome.why();
  EXPECT_EQ(content_of(read_back(outcome.out), "./repositories"), "(none)");
}

} // namespace
} // namespace mdocker::image::test
