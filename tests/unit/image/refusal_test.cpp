// SPDX-License-Identifier: Apache-2.0
//
// What is no image, or more than one, or not whole, or hostile: each says so, and none lets an
// engine tag anything.
#include "archives.hpp"

#include "image/digest.hpp"

#include <ostream>

namespace mdocker::image::test {
namespace {

Tar layer() {
  Tar tar;
  return tar.file(kHash + "/json", "{}")
      .file(kHash + "/layer.tar", "layer")
      .file(kConfig + ".json", "{}");
}
std::string repositories(const std::string &hash = kHash) {
  return R"({"a":{"b":")" + hash + "\"}}";
}
std::string manifest(const std::string &more = R"(,"RepoTags":["a:b"])",
                     const std::string &config = kConfig) {
  return R"({"Config":")" + config + R"(.json","Layers":[")" + kHash + R"(/layer.tar"])" + more +
         "}";
}
std::string named(const std::string &file, const std::string &content) {
  return layer().file(file, content).done();
}
// A good archive, but for the entry.
std::string with(const Tar::Header &header, std::string_view content = {}) {
  return layer().file("repositories", repositories()).add(header, content).done();
}
std::string pax(const std::string &records) {
  return layer()
      .file("repositories", repositories())
      .add({.name = "pax", .type = 'x'}, records)
      .file("x", "")
      .done();
}

struct Refusal {
  std::string name;
  std::string in;
  std::string_view phase;
  std::string_view words;
};
void PrintTo(const Refusal &refusal, std::ostream *out) {
  *out << refusal.name;
}

std::vector<Refusal> refusals() {
  const OciImage image("1");
  const OciImage other("2");
  const auto oci = [&](const std::string &index) {
    Tar tar;
    image.add_blobs(tar);
    other.add_blobs(tar);
    return tar.file("index.json", index).done();
  };
  const auto lacks = [&](const std::string &digest) {
    Tar tar;
    for (const auto &[name, content] :
         {std::pair(image.config_digest, image.config), std::pair(image.layer_digest, image.layer),
          std::pair(image.manifest_digest, image.manifest)})
      if (name != digest)
        tar.file(blob(name), content);
    return tar.file("index.json", index_json(image.descriptor())).done();
  };
  Tar wrong_blob;
  image.add_blobs(wrong_blob);
  wrong_blob.file(blob(image.manifest_digest), other.manifest);
  wrong_blob.file("index.json", index_json(image.descriptor()));
  Tar files;
  for (const std::string name : {"bin/", "dev/", "etc/"})
    files.folder(name);
  Tar exported = files;
  exported.file("etc/hosts", "").symlink("etc/mtab", "/proc/mounts");
  Tar begins_with_a_link;
  begins_with_a_link.file(".dockerenv", "").folder("bin/").symlink("bin/sh", "/bin/busybox");
  Tar by_another_tool;
  by_another_tool.folder("bin/").symlink("bin/sh", "/bin/busybox");
  Tar with_a_device;
  with_a_device.folder("dev/").add({.name = "dev/console", .type = '3'});
  Tar not_json;
  const std::string broken_json = "{\"config\":";
  not_json.file(blob(sha256_of(broken_json)), broken_json)
      .file("index.json", index_json(descriptor(kManifestType, broken_json)));
  Tar no_manifest;
  no_manifest.file(blob(image.config_digest), image.config)
      .file("index.json", index_json(descriptor(kManifestType, image.config)));
  Tar twice = layer();
  twice.file("repositories", repositories()).file("./repositories", repositories(kOther));
  Tar both = layer();
  both.file("repositories", repositories(kOther)).file("manifest.json", "[" + manifest() + "]");
  Tar differ;
  image.add_blobs(differ);
  other.add_blobs(differ);
  differ.file("index.json", index_json(image.descriptor()));
  differ.file("manifest.json",
              R"([{"Config":")" + blob(other.config_digest) + R"(","Layers":[]}])");
  Tar below = layer();
  below.file("repositories", repositories()).symlink("x", ".").file("x/manifest.json", "[]");
  std::string damaged = named("repositories", repositories());
  damaged[3] = 'X';
  const std::string good = named("repositories", repositories());
  const auto tagged = [](const OciImage &from, const std::string &name) {
    return from.descriptor(R"(,"annotations":{"io.containerd.image.name":")" + name + "\"}");
  };
  const std::string platform = R"(,"platform":{"os":"linux","architecture":"amd64"})";
  const std::string kind = R"(,"annotations":{"org.opencontainers.image.ref.name":")";

  return {
      // no archive
      {"Nothing", "", "unpack", "the file is empty"},
      {"OneByte", "x", "unpack", "the file is no archive"},
      {"Text", std::string(2'000, 'x'), "unpack", "the file is no archive"},
      {"Html", "<!DOCTYPE html>" + std::string(1'000, ' '), "unpack", "the file is no archive"},
      {"EmptyTar", Tar().done(), "unpack", "the archive is empty"},
      {"Folders", Tar().folder("./").done(), "unpack", "the archive is empty"},
      // not whole
      {"NoEndMarker", layer().file("repositories", repositories()).open(), "unpack", "cut short"},
      {"HalfAnEndMarker", good.substr(0, good.size() - 512), "unpack", "cut short"},
      {"SomethingAfterTheEnd", good + "x", "unpack", "something else follows"},
      {"AnEntryAfterAZeroBlock",
       layer().raw(std::string(512, '\0')).file("repositories", repositories()).done(), "unpack",
       "something else follows"},
      {"Damaged", damaged, "unpack", ""},
      // no image
      {"NoNamingFile", layer().done(), "rename", "names no image"},
      {"FileSystem", files.file("etc/hosts", "").done(), "unpack", "the files of a container"},
      {"FileSystemWithLinks", exported.done(), "unpack", "the files of a container"},
      {"FileSystemThatBeginsWithALink", begins_with_a_link.done(), "unpack",
       "the files of a container (.dockerenv, ...)"},
      {"FileSystemOfAnotherTool", by_another_tool.done(), "unpack",
       "the files of a container (bin/, ...)"},
      {"FileSystemWithADevice", with_a_device.done(), "unpack",
       "the files of a container (dev/, ...)"},
      {"FileSystemOfOneFile", Tar().file(".dockerenv", "").done(), "unpack",
       "the files of a container"},
      {"NoTags", named("repositories", "{}"), "rename",
       "repositories in the archive names no image"},
      {"NoImages", named("manifest.json", "[]"), "rename", "names no image"},
      {"NoManifests", named("index.json", R"({"manifests":[]})"), "rename", "names no image"},
      {"NullManifests", named("index.json", R"({"manifests":null})"), "rename", "names no image"},
      // no JSON
      {"RepositoriesNotJson", named("repositories", "{"), "rename",
       "repositories in the archive is not well-formed"},
      {"ManifestNotJson", named("manifest.json", "[" + manifest() + "] x"), "rename",
       "manifest.json in the archive is not well-formed"},
      {"IndexNotJson", named("index.json", ""), "rename",
       "index.json in the archive is not well-formed"},
      {"Deep", named("manifest.json", std::string(10'000, '[')), "rename", "nested more than"},
      {"ManifestIsNoArray", named("manifest.json", "{}"), "rename", "and not an array"},
      {"IndexIsNoObject", named("index.json", "[]"), "rename", "and not an object"},
      {"RepositoriesIsNoObject", named("repositories", "[]"), "rename", "and not an object"},
      {"TagIsNoHash", named("repositories", R"({"a":{"b":1}})"), "rename", "and not a string"},
      {"RepoTagsIsNoArray", named("manifest.json", "[" + manifest(R"(,"RepoTags":"a:b")") + "]"),
       "rename", "and not an array"},
      {"RepoTagsTwice",
       named("manifest.json", "[" + manifest(R"(,"RepoTags":["a:b"],"repotags":["evil:x"])") + "]"),
       "rename", R"(has "RepoTags" twice)"},
      {"NoConfig", named("manifest.json", R"([{"Layers":[]}])"), "rename", "names no Config"},
      {"ConfigOutside", named("manifest.json", R"([{"Config":"../x","Layers":[]}])"), "rename",
       "leads out of the archive"},
      {"NoDigest", named("index.json", R"({"manifests":[{}]})"), "rename", "without a digest"},
      {"BadDigest", named("index.json", R"({"manifests":[{"digest":"sha256:../../x"}]})"), "rename",
       "a digest that is none"},
      // more than one
      {"TwoRepositories",
       named("repositories", R"({"a":{"b":")" + kHash + R"("},"c":{"d":")" + kOther + "\"}}"),
       "rename", "repositories in the archive names more than one image"},
      {"TwoTags", named("repositories", R"({"a":{"b":")" + kHash + R"(","d":")" + kOther + "\"}}"),
       "rename", "more than one image"},
      {"TwoImages", named("manifest.json", "[" + manifest() + "," + manifest("", kOther) + "]"),
       "rename", "manifest.json in the archive names more than one image"},
      {"TwoManifests", oci(index_json(image.descriptor() + "," + other.descriptor())), "rename",
       "index.json in the archive names more than one image"},
      {"TwoNames", oci(index_json(tagged(image, "a:1") + "," + tagged(other, "b:1"))), "rename",
       "more than one image"},
      {"TwoNamesOfTwoPlatforms",
       oci(index_json(image.descriptor(platform + kind + "a\"}") + "," +
                      other.descriptor(R"(,"platform":{"os":"linux","architecture":"arm64"})" +
                                       kind + "b\"}"))),
       "rename", "more than one image"},
      {"OnePlatformTwice",
       oci(index_json(image.descriptor(platform) + "," + other.descriptor(platform))), "rename",
       "more than one image"},
      // contradictions
      {"TwoDifferentRepositories", twice.done(), "rename", "more than once"},
      {"RepositoriesAgainstManifest", both.done(), "rename",
       "repositories and manifest.json in the archive name different images"},
      {"ManifestAgainstIndex", differ.done(), "rename",
       "manifest.json and index.json in the archive name different images"},
      // what is named is not there
      {"NoLayerFolder", named("repositories", repositories(kOther)), "rename", "lacks"},
      {"NoConfigFile", named("manifest.json", "[" + manifest("", kOther) + "]"), "rename", "lacks"},
      {"NoLayer",
       Tar().file(kConfig + ".json", "{}").file("manifest.json", "[" + manifest() + "]").done(),
       "rename", "lacks"},
      {"LayerIsALinkToNothing",
       Tar()
           .file(kConfig + ".json", "{}")
           .symlink(kHash + "/layer.tar", "x")
           .file("manifest.json", "[" + manifest() + "]")
           .done(),
       "rename", "lacks"},
      {"LayerIsALinkToItself",
       Tar()
           .file(kConfig + ".json", "{}")
           .symlink(kHash + "/layer.tar", "layer.tar")
           .file("manifest.json", "[" + manifest() + "]")
           .done(),
       "rename", "lacks"},
      {"LayerIsAFolder",
       Tar()
           .file(kConfig + ".json", "{}")
           .folder(kHash + "/layer.tar/")
           .file("manifest.json", "[" + manifest() + "]")
           .done(),
       "rename", "lacks"},
      {"OciLacksConfig", lacks(image.config_digest), "rename", "lacks"},
      {"OciLacksLayer", lacks(image.layer_digest), "rename", "lacks"},
      {"OciLacksManifest", lacks(image.manifest_digest), "rename", "lacks the manifest"},
      {"OciManifestIsNotJson", not_json.done(), "rename", "is not well-formed JSON at byte"},
      {"OciManifestIsNone", no_manifest.done(), "rename", "is neither a manifest nor an index"},
      {"OciBlobIsNotItsDigest", wrong_blob.done(), "rename", "is not what its digest says"},
      // hostile entries
      {"Absolute", with({.name = "/etc/x"}), "unpack", "leads out of the archive"},
      {"Parent", with({.name = "../x"}), "unpack", "leads out of the archive"},
      {"ParentInside", with({.name = "a/../manifest.json"}), "unpack", "leads out of the archive"},
      {"ParentAtTheEnd", with({.name = "a/.."}), "unpack", "leads out of the archive"},
      {"SymlinkAbsolute", with({.name = "x", .type = '2', .link = "/etc/passwd"}), "unpack",
       "leads out of the archive"},
      {"SymlinkOut", with({.name = "a/x", .type = '2', .link = "../../x"}), "unpack",
       "leads out of the archive"},
      {"SymlinkThatTurnsBack", with({.name = "a/b/x", .type = '2', .link = "c/../../x"}), "unpack",
       "leads out of the archive"},
      {"SymlinkToNothing", with({.name = "x", .type = '2'}), "unpack", "has no target"},
      {"HardLinkOut", with({.name = "x", .type = '1', .link = "../x"}), "unpack",
       "leads out of the archive"},
      {"HardLinkToNothing", with({.name = "x", .type = '1', .link = "y"}), "unpack",
       "leads to no earlier file"},
      {"HardLinkAsManifest", with({.name = "manifest.json", .type = '1', .link = "repositories"}),
       "rename", "is no file"},
      {"SymlinkAsIndex", with({.name = "index.json", .type = '2', .link = "repositories"}),
       "rename", "is no file"},
      {"SymlinkAsLayout", with({.name = "oci-layout", .type = '2', .link = "repositories"}),
       "rename", "oci-layout in the archive is no file"},
      {"BelowLayout", with({.name = "oci-layout/x"}), "unpack", "which is no folder"},
      {"FolderAsManifest", with({.name = "manifest.json/", .type = '5'}), "rename", "is no file"},
      {"BelowASymlink", below.done(), "unpack", "which is no folder"},
      {"BelowAFile", with({.name = kHash + "/json/x"}), "unpack", "which is no folder"},
      {"BelowANamingFile", with({.name = "manifest.json/x"}), "unpack", "which is no folder"},
      {"Character", with({.name = "x", .type = '3'}), "unpack", "a device, a pipe or a socket"},
      {"Block", with({.name = "x", .type = '4'}), "unpack", "a device, a pipe or a socket"},
      {"Fifo", with({.name = "x", .type = '6'}), "unpack", "a device, a pipe or a socket"},
      {"NotUtf8", with({.name = "x\xFF"}), "unpack", "no UTF-8"},
      {"HugeFile", with({.name = "x", .size = (std::uint64_t{1} << 40U) + 1}), "unpack",
       "beyond 1099511627776 bytes"},
      {"FileThatIsTheArchive", with({.name = "."}), "unpack", "stands for the archive itself"},
      {"Sparse", pax("22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n"), "unpack", ""},
      {"SparseMap",
       pax("26 GNU.sparse.size=1000000\n27 GNU.sparse.numblocks=1\n25 GNU.sparse.map=0,0\n\n"),
       "unpack", ""},
  };
}

class Refused : public testing::TestWithParam<Refusal> {};
TEST_P(Refused, SaysWhyAndLetsNoEndOut) {
  const Refusal &refusal = GetParam();
  expect_refused(run(refusal.in), refusal.phase, refusal.words);
  expect_refused(run(refusal.in, 100), refusal.phase, refusal.words);
}
INSTANTIATE_TEST_SUITE_P(Table, Refused, testing::ValuesIn(refusals()),
                         [](const auto &test) { return test.param.name; });

} // namespace
} // namespace mdocker::image::test
