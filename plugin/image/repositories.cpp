// SPDX-License-Identifier: Apache-2.0
#include "repositories.hpp"

#include "contents.hpp"
#include "digest.hpp"
#include "refuse.hpp"

namespace mdocker::image {
namespace {

constexpr std::size_t kLongestHash = 128;
constexpr std::size_t kLongestPaths = std::size_t{1} << 20U; // of one image, together

std::string path_at(JsonReader &reader, const json::Value &value, std::string_view what) {
  const std::string text = reader.string(value, what);
  const std::optional<std::string> path = plain_path(text);
  if (!path || path->empty())
    reader.refuse("has for " + std::string(what) +
                  " a path that leads out of the archive: " + shown(text));
  return *path;
}

struct Entry {
  std::string config;
  std::vector<std::string> layers;
};

Entry entry_of(JsonReader &reader, const json::Members &members) {
  Entry entry;
  const json::Value *config = reader.field(members, "Config");
  if (config == nullptr)
    reader.refuse("names no Config");
  entry.config = path_at(reader, *config, "Config");
  const json::Value *layers = reader.field(members, "Layers");
  std::size_t together = entry.config.size();
  if (layers != nullptr && layers->kind != json::Kind::null)
    for (const json::Value &layer : reader.elements(*layers, "Layers")) {
      entry.layers.push_back(path_at(reader, layer, "a layer"));
      together += entry.layers.back().size();
      if (together > kLongestPaths)
        reader.refuse("has paths of more than " + std::to_string(kLongestPaths) + " bytes");
    }
  const json::Value *tags = reader.field(members, "RepoTags");
  if (tags != nullptr && tags->kind != json::Kind::null)
    for (const json::Value &tag : reader.elements(*tags, "RepoTags"))
      static_cast<void>(reader.string(tag, "a tag"));
  return entry;
}

} // namespace

Repositories rename_repositories(std::string_view text, const std::string &id, std::size_t most) {
  JsonReader reader("repositories", most);
  Repositories result;
  for (const json::Member &repository : reader.members(reader.parse(text), "it")) {
    if (repository.value.kind == json::Kind::null)
      continue;
    for (const json::Member &tag : reader.members(repository.value, "a repository")) {
      const std::string hash = reader.string(tag.value, "a tag");
      if (hash.empty() || hash.size() > kLongestHash || hash.find('/') != std::string::npos)
        reader.refuse("names no image: " + shown(hash));
      if (!result.hash.empty() && result.hash != hash)
        reader.refuse("names more than one image");
      result.hash = hash;
    }
  }
  if (result.hash.empty())
    result.text.keep(text);
  else
    result.text.add("{" + json::quoted(id) + ":{\"latest\":" + json::quoted(result.hash) + "}}\n");
  return result;
}

DockerManifest rename_manifest(std::string_view text, const std::string &id, std::size_t most) {
  JsonReader reader("manifest.json", most);
  const std::vector<json::Value> images = reader.elements(reader.parse(text), "it");
  if (images.empty())
    reader.refuse("names no image");
  const json::Members first = reader.members(images.front(), "an image");
  const Entry entry = entry_of(reader, first);
  // One image may stand there once for each of its tags.
  for (std::size_t i = 1; i < images.size(); ++i) {
    const Entry other = entry_of(reader, reader.members(images[i], "an image"));
    if (other.config != entry.config || other.layers != entry.layers)
      reader.refuse("names more than one image");
  }
  DockerManifest result{entry.config, entry.layers, {}};
  result.text.add("[");
  result.text.add(object_with_field(
      first, "RepoTags", std::move(Text().add("[" + json::quoted(id + ":latest") + "]"))));
  result.text.add("]\n");
  return result;
}

std::string DockerManifest::config_digest() const {
  if (const std::optional<std::string> digest = digest_of_blob(config))
    return *digest;
  constexpr std::string_view kSuffix = ".json";
  std::string_view name = config;
  if (name.ends_with(kSuffix))
    name.remove_suffix(kSuffix.size());
  std::string digest(name);
  if (digest.find(':') == std::string::npos)
    digest.insert(0, "sha256:");
  return named_digest(digest) ? digest : std::string();
}

std::string new_manifest(const std::string &id, std::string_view config,
                         const std::vector<std::string> &layers) {
  std::string text = "[{\"Config\":" + json::quoted(config) + ",\"RepoTags\":[" +
                     json::quoted(id + ":latest") + "],\"Layers\":[";
  for (const std::string &layer : layers)
    text += (&layer == layers.data() ? "" : ",") + json::quoted(layer);
  return text + "]}]\n";
}

} // namespace mdocker::image
