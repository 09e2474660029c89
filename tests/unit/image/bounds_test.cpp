// SPDX-License-Identifier: Apache-2.0
//
// What a hostile archive costs.
#include "allocations.hpp"
#include "archives.hpp"

#include "image/digest.hpp"

namespace mdocker::image::test {
namespace {

struct Nowhere final : Sink {
  void write(std::string_view) override {}
};

/// Lends the archive in blocks.
struct Blocks final : Source {
  explicit Blocks(std::string_view archive) : rest(archive) {}
  std::string_view rest;
  std::string_view read() override {
    const std::string_view block = rest.substr(0, std::size_t{64} << 10U);
    rest.remove_prefix(block.size());
    return block;
  }
};

std::size_t largest_for(const std::string &archive) {
  Blocks in(archive);
  Nowhere out;
  Options options;
  options.id = kId;
  largest_allocation = 0;
  rewrite(in, out, options);
  return largest_allocation;
}

TEST(Bounds, ANamingFileTakesAsManyBytesAsItHas) {
  const std::size_t most = Limits().naming_file;
  const OciImage image("1");
  std::string index = index_json(image.descriptor());
  index.resize(most, ' ');
  Tar tar;
  image.add_blobs(tar);
  tar.file("index.json", index);

  EXPECT_LE(largest_for(tar.done()), most + 64);
}

TEST(Bounds, AManifestTakesAsManyBytesAsItHas) {
  const std::size_t most = Limits().json_blob;
  OciImage image("1");
  image.manifest.resize(most, ' ');
  image.manifest_digest = sha256_of(image.manifest);
  Tar tar;
  image.add_blobs(tar);
  tar.file("index.json", index_json(image.descriptor()));

  EXPECT_LE(largest_for(tar.done()), most + 64);
}

} // namespace
} // namespace mdocker::image::test
