// SPDX-License-Identifier: Apache-2.0
//
// The two files with which a docker-archive names its image: what they say, and what they are
// replaced with. Throws Error (phase "rename").
#pragma once

#include "json_edit.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mdocker::image {

/// `repositories`: {"REPOSITORY": {"TAG": HASH}}.
struct Repositories {
  std::string hash; ///< The layer that all of its tags name; empty where it has no tags.
  Text text;
};
Repositories rename_repositories(std::string_view text, const std::string &id, std::size_t most);

/// `manifest.json`: [{"Config": PATH, "RepoTags": ["REPOSITORY:TAG"], "Layers": [PATH]}].
struct DockerManifest {
  std::string config;              ///< A plain path.
  std::vector<std::string> layers; ///< Plain paths.
  Text text;

  /// "sha256:HEX", where the config's path says it.
  [[nodiscard]] std::string config_digest() const;
};
DockerManifest rename_manifest(std::string_view text, const std::string &id, std::size_t most);

/// The same file made for an image of these.
std::string new_manifest(const std::string &id, std::string_view config,
                         const std::vector<std::string> &layers);

} // namespace mdocker::image
