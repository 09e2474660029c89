// SPDX-License-Identifier: Apache-2.0
#include "image_archive.hpp"

#include <image/digest.hpp>

namespace wire {
namespace {

namespace image = mdocker::image;

constexpr std::string_view kConfigType = "application/vnd.oci.image.config.v1+json";
constexpr std::string_view kLayerType = "application/vnd.oci.image.layer.v1.tar";
constexpr const char *kLayout = R"({"imageLayoutVersion":"1.0.0"})";

std::string hex(const std::string &digest) {
  return digest.substr(digest.find(':') + 1);
}

std::string named(std::string_view name) {
  return R"(,"annotations":{"io.containerd.image.name":"docker.io/)" + std::string(name) +
         R"(","org.opencontainers.image.ref.name":"with"})";
}

std::string index_of(std::string_view descriptors) {
  return image::test::index_json(descriptors);
}

std::string manifest_json(const ImageParts &parts) {
  return "[" + parts.manifest_entry(R"(["mdocker-test/came:with"])") + "]";
}

std::string repositories(const ImageParts &parts) {
  return R"({"mdocker-test/came":{"with":")" + hex(parts.layer_digest) + "\"}}\n";
}

void add_legacy_layer(Tar &tar, const ImageParts &parts, const std::string &prefix = {}) {
  const std::string hash = hex(parts.layer_digest);
  tar.folder(prefix + hash + "/");
  tar.file(prefix + hash + "/VERSION", "1.0");
  tar.file(prefix + hash + "/json",
           R"({"id":")" + hash +
               R"(","created":"2020-01-01T00:00:00Z","architecture":"amd64","os":"linux",)"
               R"("config":{"Cmd":["/f"]}})");
  tar.file(prefix + parts.layer_file(), parts.layer);
}

// As engines from 1.10 to 24 write it: both ways in, with the naming files where the form has them.
enum class Names { first, middle, last };
std::string both(const ImageParts &parts, Names where, const std::string &prefix = {}) {
  Tar tar;
  const auto add_names = [&](Names here) {
    if (here != where)
      return;
    tar.file(prefix + "manifest.json", manifest_json(parts));
    tar.file(prefix + "repositories", repositories(parts));
  };
  add_names(Names::first);
  tar.file(prefix + parts.config_file(), parts.config);
  add_names(Names::middle);
  add_legacy_layer(tar, parts, prefix);
  add_names(Names::last);
  return tar.done();
}

std::string oci_with(const ImageParts &parts, const std::string &index, bool index_first,
                     const std::string &prefix = {}) {
  Tar tar;
  tar.file(prefix + "oci-layout", kLayout);
  if (index_first)
    tar.file(prefix + "index.json", index);
  parts.add_blobs(tar, prefix);
  if (!index_first)
    tar.file(prefix + "index.json", index);
  return tar.done();
}

std::string descriptor_of(const ImageParts &parts, std::string_view more) {
  return image::test::descriptor(image::test::kManifestType, parts.manifest, more);
}

constexpr const char *kAmd64 = R"(,"platform":{"architecture":"amd64","os":"linux"})";
constexpr const char *kArm64 = R"(,"platform":{"architecture":"arm64","os":"linux"})";

// The entry of index.json is an index itself.
std::string nested(const ImageParts &parts) {
  const std::string inner = index_of(descriptor_of(parts, kAmd64));
  Tar tar;
  tar.file("oci-layout", kLayout);
  parts.add_blobs(tar);
  tar.file(image::test::blob(image::sha256_of(inner)), inner);
  tar.file("index.json", index_of(image::test::descriptor(image::test::kIndexType, inner,
                                                          named("mdocker-test/came:with"))));
  return tar.done();
}

// index.json itself lists one for each platform.
std::string for_two_platforms(const ImageParts &parts) {
  const ImageParts other("of another platform", 0, "arm64");
  Tar tar;
  tar.file("oci-layout", kLayout);
  parts.add_blobs(tar);
  other.add_blobs(tar);
  tar.file("index.json",
           index_of(descriptor_of(other, kArm64) + "," + descriptor_of(parts, kAmd64)));
  return tar.done();
}

// The index names a platform that is not in the archive.
std::string of_one_platform(const ImageParts &parts) {
  const std::string inner =
      index_of(descriptor_of(ImageParts("of another platform", 0, "arm64"), kArm64) + "," +
               descriptor_of(parts, kAmd64));
  Tar tar;
  tar.file("oci-layout", kLayout);
  parts.add_blobs(tar);
  tar.file(image::test::blob(image::sha256_of(inner)), inner);
  tar.file("index.json", index_of(image::test::descriptor(image::test::kIndexType, inner)));
  return tar.done();
}

// As engines from 25 write it.
std::string modern(const ImageParts &parts) {
  Tar tar;
  tar.folder("blobs/").folder("blobs/sha256/");
  parts.add_blobs(tar);
  tar.file("index.json", index_of(descriptor_of(parts, named("mdocker-test/came:with"))));
  tar.file("manifest.json", R"([{"Config":")" + image::test::blob(parts.id) +
                                R"(","RepoTags":["mdocker-test/came:with"],"Layers":[")" +
                                image::test::blob(parts.layer_digest) + R"("]}])");
  tar.file("oci-layout", kLayout);
  tar.file("repositories", repositories(parts));
  return tar.done();
}

} // namespace

ImageParts::ImageParts(std::string_view seed, std::size_t mebibytes, std::string_view architecture)
    : layer(Tar()
                .file("f", "of " + std::string(seed))
                .file("large", std::string(mebibytes << 20U, 'x'))
                .done()),
      layer_digest(image::sha256_of(layer)),
      config(R"({"architecture":")" + std::string(architecture) +
             R"(","os":"linux","config":{"Cmd":["/f"]},)"
             R"("created":"2020-01-01T00:00:00Z","history":[{"created":"2020-01-01T00:00:00Z"}],)"
             R"("rootfs":{"type":"layers","diff_ids":[")" +
             layer_digest + R"("]}})"),
      id(image::sha256_of(config)),
      manifest(R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",)"
               R"("config":)" +
               image::test::descriptor(kConfigType, config) + R"(,"layers":[)" +
               image::test::descriptor(kLayerType, layer) + "]}"),
      manifest_digest(image::sha256_of(manifest)) {}

std::string ImageParts::config_file() const {
  return hex(id) + ".json";
}

std::string ImageParts::layer_file() const {
  return hex(layer_digest) + "/layer.tar";
}

std::string ImageParts::manifest_entry(std::string_view tags) const {
  return R"({"Config":")" + config_file() + "\"," +
         (tags.empty() ? "" : R"("RepoTags":)" + std::string(tags) + ",") + R"("Layers":[")" +
         layer_file() + R"("]})";
}

void ImageParts::add_blobs(Tar &tar, const std::string &prefix) const {
  tar.file(prefix + image::test::blob(layer_digest), layer);
  tar.file(prefix + image::test::blob(id), config);
  tar.file(prefix + image::test::blob(manifest_digest), manifest);
}

std::string legacy_archive(const ImageParts &parts, std::string_view tags) {
  Tar tar;
  add_legacy_layer(tar, parts);
  tar.file("repositories", tags.empty() ? repositories(parts) : std::string(tags));
  return tar.done();
}

std::string docker_archive(const ImageParts &parts, std::string_view tags) {
  Tar tar;
  tar.file(parts.config_file(), parts.config);
  tar.file(parts.layer_file(), parts.layer);
  tar.file("manifest.json", "[" + parts.manifest_entry(tags) + "]");
  return tar.done();
}

std::string oci_archive(const ImageParts &parts, std::string_view more) {
  return oci_with(parts, index_of(descriptor_of(parts, more)), false);
}

std::string oci_archive(const std::vector<std::pair<std::string, ImageParts>> &architectures) {
  Tar tar;
  tar.file("oci-layout", kLayout);
  std::string descriptors;
  for (const auto &[architecture, parts] : architectures) {
    parts.add_blobs(tar);
    descriptors += (descriptors.empty() ? "" : ",") +
                   descriptor_of(parts, R"(,"platform":{"os":"linux","architecture":")" +
                                            architecture + R"("})");
  }
  tar.file("index.json", index_of(descriptors));
  return tar.done();
}

std::vector<Form> forms() {
  const auto index = [](const ImageParts &parts) {
    return index_of(descriptor_of(parts, named("mdocker-test/came:with")));
  };
  return {
      {"Legacy", false, [](const ImageParts &parts) { return legacy_archive(parts); }},
      {"Manifest", true, [](const ImageParts &parts) { return docker_archive(parts); }},
      {"ManifestUntagged", true,
       [](const ImageParts &parts) { return docker_archive(parts, "null"); }},
      {"ManifestWithoutTags", true,
       [](const ImageParts &parts) { return docker_archive(parts, ""); }},
      {"ManifestOfTwoTags", true,
       [](const ImageParts &parts) {
         return docker_archive(parts, R"(["mdocker-test/came:with","mdocker-test/came:too"])");
       }},
      {"NamesFirst", true, [](const ImageParts &parts) { return both(parts, Names::first); }},
      {"NamesInTheMiddle", true,
       [](const ImageParts &parts) { return both(parts, Names::middle); }},
      {"NamesLast", true, [](const ImageParts &parts) { return both(parts, Names::last); }},
      {"DotSlash", true, [](const ImageParts &parts) { return both(parts, Names::last, "./"); }},
      {"Oci", true,
       [index](const ImageParts &parts) { return oci_with(parts, index(parts), false); }},
      {"OciIndexFirst", true,
       [index](const ImageParts &parts) { return oci_with(parts, index(parts), true); }},
      {"OciDotSlash", true,
       [index](const ImageParts &parts) { return oci_with(parts, index(parts), false, "./"); }},
      {"OciUntagged", true, [](const ImageParts &parts) { return oci_archive(parts); }},
      {"OciWithoutLayout", true,
       [index](const ImageParts &parts) {
         Tar tar;
         parts.add_blobs(tar);
         return tar.file("index.json", index(parts)).done();
       }},
      {"OciNestedIndex", true, nested},
      {"OciOfOnePlatform", true, of_one_platform},
      {"OciForTwoPlatforms", true, for_two_platforms},
      {"OciAndManifest", true, modern},
  };
}

} // namespace wire
