// SPDX-License-Identifier: Apache-2.0
#include "oci.hpp"

#include "digest.hpp"
#include "refuse.hpp"

#include <algorithm>

namespace mdocker::image {
namespace {

constexpr unsigned kDeepest = 4;              // indexes in indexes
constexpr std::size_t kMostSteps = 16'384;    // all that is looked at: manifests, indexes, layers
constexpr std::size_t kLongestPlatform = 128; // each of its parts

std::string text_of(JsonReader &reader, const json::Members &members, std::string_view key,
                    std::size_t most) {
  const json::Value *value = reader.field(members, key);
  if (value == nullptr || value->kind == json::Kind::null)
    return {};
  std::string text = reader.string(*value, key);
  if (text.size() > most)
    reader.refuse("has a too long " + std::string(key));
  return text;
}

std::string platform_of(JsonReader &reader, const json::Value &value) {
  const json::Members members = reader.members(value, "a platform");
  std::string platform = text_of(reader, members, "os", kLongestPlatform);
  platform += "/" + text_of(reader, members, "architecture", kLongestPlatform);
  platform += "/" + text_of(reader, members, "variant", kLongestPlatform);
  return platform;
}

void count_steps(std::size_t more, std::size_t &steps) {
  steps += more;
  if (steps > kMostSteps)
    refuse(kRename, "the archive's indexes and manifests name more than " +
                        std::to_string(kMostSteps) + " manifests and layers");
}

std::size_t size_of(const std::vector<std::string> &texts) noexcept {
  std::size_t size = 0;
  for (const std::string &text : texts)
    size += sizeof(std::string) + text.size();
  return size;
}

} // namespace

Descriptor read_descriptor(JsonReader &reader, const json::Members &members) {
  const auto there = [](const json::Value *value) {
    return value != nullptr && value->kind != json::Kind::null;
  };
  Descriptor descriptor;
  const json::Value *digest = reader.field(members, "digest");
  if (!there(digest))
    reader.refuse("has a descriptor without a digest");
  descriptor.digest = reader.string(*digest, "a digest");
  if (!named_digest(descriptor.digest))
    reader.refuse("has a digest that is none: " + shown(descriptor.digest));
  if (const json::Value *platform = reader.field(members, "platform"); there(platform)) {
    descriptor.platform = platform_of(reader, *platform);
    descriptor.companion = descriptor.platform.starts_with("unknown/unknown/");
  }
  if (const json::Value *type = reader.field(members, "artifactType"); there(type))
    descriptor.companion |= !reader.string(*type, "artifactType").empty();
  if (const json::Value *urls = reader.field(members, "urls"); there(urls))
    descriptor.elsewhere = !reader.elements(*urls, "urls").empty();
  if (const json::Value *annotations = reader.field(members, "annotations"); there(annotations))
    for (const json::Member &annotation : reader.members(*annotations, "annotations")) {
      const std::string value = reader.string(annotation.value, "an annotation");
      if (annotation.key == "vnd.docker.reference.type")
        descriptor.companion = true;
      if (annotation.key == kImageName || (annotation.key == kRefName && descriptor.name.empty()))
        descriptor.name = value;
    }
  return descriptor;
}

Blobs::Blob Blobs::read(const std::string &digest, std::string_view text) const {
  JsonReader reader("the blob " + digest, limits_.members);
  const json::Members root = reader.members(reader.parse(text), "it");
  const json::Value *children = reader.field(root, "manifests");
  const json::Value *config = reader.field(root, "config");
  const json::Value *layers = reader.field(root, "layers");
  if (children != nullptr && children->kind == json::Kind::array) {
    Index index;
    for (const json::Value &child : reader.elements(*children, "manifests"))
      index.push_back(read_descriptor(reader, reader.members(child, "a descriptor")));
    return index;
  }
  if (config == nullptr || config->kind != json::Kind::object || layers == nullptr ||
      layers->kind != json::Kind::array)
    reader.refuse("is neither a manifest nor an index");
  Manifest manifest;
  manifest.config = read_descriptor(reader, reader.members(*config, "the config")).digest;
  for (const json::Value &layer : reader.elements(*layers, "layers")) {
    Descriptor descriptor = read_descriptor(reader, reader.members(layer, "a layer"));
    manifest.elsewhere.push_back(descriptor.elsewhere);
    manifest.layers.push_back(std::move(descriptor.digest));
  }
  return manifest;
}

void Blobs::add(const std::string &digest, std::string_view text) {
  Blob blob;
  try {
    blob = read(digest, text);
  } catch (const Error &error) {
    return add_bad(digest, error.what()); // it matters where something refers to it
  }
  const auto named = named_digest(digest);
  Digest content(named && named->algorithm == "sha512" ? Digest::Algorithm::sha512
                                                       : Digest::Algorithm::sha256);
  content.update(text);
  if (!named || hex(content.finish()) != named->digits) {
    blobs_.insert_or_assign(digest, Bad{std::string(kCannot) + "the blob " + digest +
                                        " in the archive is not what its digest says"});
  } else {
    if (const auto *manifest = std::get_if<Manifest>(&blob))
      kept_ += size_of(manifest->layers);
    else
      for (const Descriptor &child : std::get<Index>(blob))
        kept_ += sizeof child + child.digest.size() + child.platform.size();
    blobs_.insert_or_assign(digest, std::move(blob));
  }
  constexpr std::size_t kEach = 256;
  kept_ += kEach;
  if (kept_ > limits_.manifests)
    refuse(kRename, "the archive has more manifests than can be kept in " +
                        std::to_string(limits_.manifests) + " bytes");
}

// Configurations of images are among them. Without its reason a bad one is one that is not there.
void Blobs::add_bad(const std::string &digest, const std::string &why) {
  constexpr std::size_t kMostBad = 256;
  const auto known = blobs_.find(digest);
  if (known != blobs_.end())
    known->second = Bad{why};
  else if (bad_ < kMostBad) {
    blobs_.emplace(digest, Bad{why});
    ++bad_;
  }
}

void Blobs::add_index(const std::string &digest, std::vector<Descriptor> children) {
  blobs_.insert_or_assign(digest, std::move(children));
}

void Blobs::find_images(const Descriptor &at, unsigned depth, const Contents &contents,
                        std::vector<Image> &found, std::size_t &steps) const {
  if (depth > kDeepest)
    refuse(kRename, "the archive's indexes are nested too deep");
  count_steps(1, steps);
  const auto blob = blobs_.find(at.digest);
  if (blob == blobs_.end()) {
    // Engines leave out the platforms that they do not have.
    if (depth != 0 && !contents.has_file(blob_path(*named_digest(at.digest))))
      return;
    refuse(kRename, "the archive lacks the manifest " + at.digest + ", or it is none");
  }
  if (const auto *bad = std::get_if<Bad>(&blob->second))
    throw Error(Kind::invalid, bad->why).in_phase(std::string(kRename));
  if (const auto *index = std::get_if<Index>(&blob->second)) {
    for (const Descriptor &child : *index)
      if (!child.companion)
        find_images(child, depth + 1, contents, found, steps);
    return;
  }
  if (std::any_of(found.begin(), found.end(),
                  [&](const Image &image) { return image.manifest == at.digest; }))
    return;
  const auto &manifest = std::get<Manifest>(blob->second);
  count_steps(manifest.layers.size(), steps);
  const auto require = [&](const std::string &digest) {
    if (!contents.has_file(blob_path(*named_digest(digest))))
      refuse(kRename,
             "the archive lacks " + digest + ", which the manifest " + at.digest + " names");
  };
  require(manifest.config);
  for (std::size_t layer = 0; layer < manifest.layers.size(); ++layer)
    if (!manifest.elsewhere[layer])
      require(manifest.layers[layer]);
  found.push_back({at.digest, manifest.config, manifest.layers, at.platform});
}

std::vector<Blobs::Image> Blobs::images(const std::string &digest, const Contents &contents) const {
  std::vector<Image> found;
  std::size_t steps = 0;
  Descriptor top;
  top.digest = digest;
  find_images(top, 0, contents, found, steps);
  if (found.empty())
    refuse(kRename, "the archive has none of the manifests that the index " + digest + " names");
  return found;
}

} // namespace mdocker::image
