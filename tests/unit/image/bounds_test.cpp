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

// Each mention of it is looked at, and not each time all that it names.
TEST(Bounds, AManifestThatIsNamedThousandsOfTimesIsGoneThroughOnce) {
  constexpr std::size_t kMany = 4'000;
  OciImage image("1");
  const auto many = [](const std::string &item) {
    std::string list;
    for (std::size_t i = 0; i < kMany; ++i)
      list.append(i == 0 ? "" : ",").append(item);
    return list;
  };
  image.manifest = R"({"config":)" + descriptor("c", image.config) + R"(,"layers":[)" +
                   many(descriptor("l", image.layer)) + "]}";
  image.manifest_digest = sha256_of(image.manifest);
  const std::string inner = index_json(many(image.descriptor()));
  Tar tar;
  image.add_blobs(tar);
  tar.file(blob(sha256_of(inner)), inner);
  tar.file("index.json", index_json(descriptor(kIndexType, inner)));

  const Outcome outcome = run(tar.done());

  ASSERT_TRUE(outcome.result) << outcome.why();
  EXPECT_EQ(outcome.result->manifest_digest, image.manifest_digest);
}

TEST(Bounds, ManifestsThatNameMoreThanCanBeLookedAtAreRefused) {
  constexpr std::size_t kLayers = 4'000;
  Tar tar;
  std::string children;
  for (const std::string seed : {"1", "2", "3", "4", "5"}) {
    OciImage image(seed);
    std::string layers;
    for (std::size_t i = 0; i < kLayers; ++i)
      layers.append(i == 0 ? "" : ",").append(descriptor("l", image.layer));
    image.manifest =
        R"({"config":)" + descriptor("c", image.config) + R"(,"layers":[)" + layers + "]}";
    image.manifest_digest = sha256_of(image.manifest);
    image.add_blobs(tar);
    children += (children.empty() ? "" : ",") + image.descriptor();
  }
  const std::string inner = index_json(children);
  tar.file(blob(sha256_of(inner)), inner);
  tar.file("index.json", index_json(descriptor(kIndexType, inner)));
  Options options;
  options.limits.manifests *= 2; // kept they could be

  expect_refused(run(tar.done(), std::size_t{64} << 10U, options), "rename",
                 "the archive's indexes and manifests name more than");
}

} // namespace
} // namespace mdocker::image::test
