// SPDX-License-Identifier: Apache-2.0
//
// An image that an engine takes, in each of the forms in which engines and tools write one.
#pragma once

#include <archives.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wire {

using mdocker::image::test::Tar;

/// One layer, and a configuration. Another seed makes another image.
class ImageParts {
public:
  /// The layer has so many MiB, and one small file.
  explicit ImageParts(std::string_view seed, std::size_t mebibytes = 0,
                      std::string_view architecture = "amd64");

  std::string layer, layer_digest; ///< A tar; "sha256:HEX".
  std::string config, id;          ///< The image's id is the digest of its configuration.
  std::string manifest, manifest_digest;

  [[nodiscard]] std::string config_file() const; ///< "HEX.json"
  [[nodiscard]] std::string layer_file() const;  ///< "HEX/layer.tar"
  /// One entry of a manifest.json, between braces; tags as a JSON array, or empty for none at all.
  [[nodiscard]] std::string manifest_entry(std::string_view tags) const;
  void add_blobs(Tar &tar, const std::string &prefix = {}) const;
};

/// The name that archives come with, which no load may touch.
inline constexpr const char *kOldName = "mdocker-test/came:with";

/// "HEX/{VERSION,json,layer.tar}" and `repositories`, as engines up to 1.9 wrote it. tags: the
/// object of `repositories`, or empty for kOldName.
std::string legacy_archive(const ImageParts &image, std::string_view tags = {});
/// `HEX.json`, the layer and `manifest.json`.
std::string docker_archive(const ImageParts &image, std::string_view tags = R"([")"
                                                                            "mdocker-test/came:with"
                                                                            R"("])");
/// Blobs, `oci-layout` and `index.json`. more: further members of the descriptor, annotations.
std::string oci_archive(const ImageParts &image, std::string_view more = {});
/// The same, of one image for several architectures.
std::string oci_archive(const std::vector<std::pair<std::string, ImageParts>> &architectures);

struct Form {
  const char *name;
  bool names_id; ///< A legacy archive says no image's id.
  std::function<std::string(const ImageParts &)> write;
};
/// All of them.
std::vector<Form> forms();

} // namespace wire
