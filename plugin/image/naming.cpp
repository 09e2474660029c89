// SPDX-License-Identifier: Apache-2.0
#include "naming.hpp"

#include "digest.hpp"
#include "refuse.hpp"

#include <algorithm>

namespace mdocker::image {

std::optional<Naming::Taken> Naming::take(NamingFile file, std::string_view text) {
  const std::string digest = sha256_of(text);
  if (const auto [before, first] = seen_.emplace(file, digest); !first) {
    if (before->second != digest)
      refuse(kRename, std::string(name_of(file)) +
                          " stands in the archive more than once, and is not the same");
    return std::nullopt;
  }
  const std::size_t most = options_.limits.members;
  Taken taken;
  if (file == NamingFile::repositories) {
    Repositories repositories = rename_repositories(text, options_.id, most);
    hash_ = std::move(repositories.hash);
    taken.text = std::move(repositories.text);
  } else if (file == NamingFile::manifest) {
    DockerManifest manifest = rename_manifest(text, options_.id, most);
    docker_ = Docker{manifest.config, manifest.config_digest(), std::move(manifest.layers)};
    taken.text = std::move(manifest.text);
  } else {
    OciIndex index = rename_index(text, options_.id, most);
    target_ = index.target;
    taken.text = std::move(index.text);
    if (index.made) {
      blobs_.add_index(target_, std::move(index.children));
      taken.beside = NewFile{blob_path(*named_digest(target_)), std::move(*index.made)};
    }
  }
  return taken;
}

void Naming::require_one(const Contents &contents) const {
  if (contents.empty())
    refuse(kUnpack, "the archive is empty");
  contents.refuse_file_system();
  if (seen_.empty())
    refuse(kRename, "the archive names no image: it has none of repositories, manifest.json and "
                    "index.json");
  if (!docker_ && target_.empty() && hash_.empty())
    refuse(kRename, "repositories in the archive names no image");
}

void Naming::check_docker(const Contents &contents, Result &result) const {
  const auto require = [&](const std::string &path, std::string_view by) {
    if (!contents.has_file(path))
      refuse(kRename, "the archive lacks " + shown(path) + ", which " + std::string(by) + " names");
  };
  if (docker_) {
    require(docker_->config, "manifest.json");
    for (const std::string &layer : docker_->layers)
      require(layer, "manifest.json");
    result.config_digest = docker_->config_digest;
  } else if (target_.empty()) {
    require(hash_ + "/json", "repositories");
    require(hash_ + "/layer.tar", "repositories");
    result.legacy_only = true;
  }
  // The hash is that of the folder of the last layer, where layers have folders.
  constexpr std::string_view kLayer = "/layer.tar";
  if (docker_ && !hash_.empty() && !docker_->layers.empty()) {
    const std::string &last = docker_->layers.back();
    if (last.ends_with(kLayer) && last != hash_ + std::string(kLayer))
      refuse(kRename, "repositories and manifest.json in the archive name different images");
  }
}

const Blobs::Image &Naming::choose(const std::vector<Blobs::Image> &images) const {
  const auto is_wanted = [&](const Blobs::Image &image) {
    if (docker_ && !docker_->config_digest.empty())
      return image.config == docker_->config_digest;
    return image.platform.starts_with(options_.platform + "/");
  };
  const auto chosen = std::find_if(images.begin(), images.end(), is_wanted);
  if (chosen != images.end())
    return *chosen;
  if (docker_ && !docker_->config_digest.empty())
    refuse(kRename, "manifest.json and index.json in the archive name different images");
  return images.front();
}

std::vector<NewFile> Naming::check_oci(const Contents &contents, Result &result) const {
  std::vector<NewFile> added;
  if (target_.empty())
    return added;
  const std::vector<Blobs::Image> images = blobs_.images(target_, contents);
  const Blobs::Image &image = choose(images);
  result.target_digest = target_;
  result.manifest_digest = image.manifest;
  result.config_digest = image.config;
  if (!contents.has_file(kLayoutFile))
    added.push_back({std::string(kLayoutFile), std::string(kLayout)});
  if (docker_)
    return added;
  std::vector<std::string> layers;
  for (const std::string &layer : image.layers)
    layers.push_back(blob_path(*named_digest(layer)));
  result.manifest_added = true;
  added.push_back({std::string(name_of(NamingFile::manifest)),
                   new_manifest(options_.id, blob_path(*named_digest(image.config)), layers)});
  return added;
}

std::vector<NewFile> Naming::finish(const Contents &contents, Result &result) {
  require_one(contents);
  check_docker(contents, result);
  return check_oci(contents, result);
}

} // namespace mdocker::image
