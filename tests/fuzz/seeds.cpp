// SPDX-License-Identifier: Apache-2.0
//
// seeds FOLDER: an archive of each form, small, for the corpus.
#include "archives.hpp"

#include "image/digest.hpp"

#include <filesystem>
#include <fstream>

namespace {

using namespace mdocker::image;
using namespace mdocker::image::test;

std::filesystem::path folder;

void write(const std::string &name, const std::string &bytes) {
  std::ofstream(folder / name, std::ios::binary) << '\0' << bytes;
}

std::string small(const OciImage &image, const std::string &index, const std::string &more = {}) {
  Tar tar;
  tar.file("oci-layout", "{}").file("index.json", index);
  image.add_blobs(tar);
  if (!more.empty())
    tar.file(blob(sha256_of(more)), more);
  return tar.done();
}

} // namespace

int main(int argc, char **argv) {
  if (argc != 2)
    return 2;
  folder = argv[1];
  const std::string hash(64, 'a');
  const std::string config(64, 'c');
  const std::string repositories = R"({"a":{"b":")" + hash + "\"}}";
  Tar legacy;
  legacy.folder(hash + "/").file(hash + "/json", "{}").file(hash + "/layer.tar", "x");
  Tar manifest = legacy;
  legacy.file("repositories", repositories);
  write("legacy", legacy.done());
  manifest.file(config + ".json", "{}").symlink("x.tar", hash + "/layer.tar");
  manifest.file("manifest.json",
                R"([{"Config":")" + config + R"(.json","RepoTags":["a:b"],"Layers":["x.tar"]}])");
  write("manifest", manifest.done());
  write("both", manifest.file("./repositories", repositories).done());
  write("hardlink", legacy.add({.name = "h", .type = '1', .link = hash + "/json"}).done());
  write("pax",
        legacy.add({.name = "p", .type = 'x'}, "25 SCHILY.xattr.user.a=b\n").file("q", "").done());
  write("long", legacy.add({.name = "././@LongLink", .type = 'L'}, std::string(120, 'n'))
                    .file("n", "")
                    .done());
  const OciImage image("1");
  write("oci", small(image, index_json(image.descriptor())));
  const std::string nested =
      index_json(image.descriptor(R"(,"platform":{"os":"linux","architecture":"amd64"})"));
  write("nested", small(image, index_json(descriptor(kIndexType, nested)), nested));
  write(
      "platforms",
      small(image,
            index_json(image.descriptor(R"(,"platform":{"os":"linux","architecture":"a"})") + "," +
                       descriptor(kManifestType, nested,
                                  R"(,"platform":{"os":"linux","architecture":"b"})"))));
  write("annotated",
        small(image, index_json(image.descriptor(
                         R"(,"annotations":{"org.opencontainers.image.ref.name":"x","a":"b"})"))));
  for (const auto &[name, codec] : {std::pair("gzip", Codec::gzip), std::pair("zstd", Codec::zstd),
                                    std::pair("xz", Codec::xz), std::pair("bzip2", Codec::bzip2)}) {
    write(name, compressed(codec, legacy.done()));
    write(std::string(name) + "-oci",
          compressed(codec, small(image, index_json(image.descriptor()))));
  }
  write("empty", Tar().done());
  write("text", "this is no archive");
}
