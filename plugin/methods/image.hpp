// SPDX-License-Identifier: Apache-2.0
//
// What the engine says of an image, and what callers are told of it.
#pragma once

#include "inspect.hpp"

namespace mdocker::methods {

struct Image {
  std::string id;                 ///< "sha256:..."
  std::uint64_t size = 0;         ///< Bytes.
  std::vector<std::string> names; ///< Its tags, each as canonical_name() writes it.
  /// The id is the digest of a manifest, as in a containerd image store, not of a config.
  bool known_by_manifest = false;

  [[nodiscard]] bool has_name(std::string_view name) const;
};

/// A name as it is compared: REPOSITORY:TAG, without the registry and folder that stand for none,
/// with the tag that is meant where none is given. What has a digest keeps it and gets no tag.
std::string canonical_name(std::string_view reference);

/// What the engine is asked for: UUIDs in lower case, as engines have their repositories; anything
/// else as it is.
std::string engine_name(std::string_view id);

/// Reads an inspect answer. Throws Error (engine) where it is none.
Image parse_image(std::string_view body);
/// The id of an image in an answer of the engine. Throws Error (engine) where there is none.
std::string image_id(std::string_view body, std::string_view phase);

Error no_such_image();

/// Looks. Throws Error (not_found) `no such image`. name: checked, or from the engine.
asio::awaitable<Image> inspect_image(Environment &environment, std::string name,
                                     engine::Deadline deadline);
/// The same; nothing where there is no such image.
asio::awaitable<std::optional<Image>>
inspect_image_if_any(Environment &environment, std::string name, engine::Deadline deadline);

/// One image of an answer; its id is the one that the caller knows it by.
struct ListedImage {
  std::string id;
  std::uint64_t size; ///< Bytes.
};
/// {"images": [{"id", "type": "container", "size": MiB, rounded down}]}
std::string images_response(const std::vector<ListedImage> &images);

/// The images of guests in the engine's list: named UUID:latest, in the list's order, each UUID
/// once. What has no such name is skipped. Throws Error (engine) where it is no list.
std::vector<ListedImage> parse_image_list(std::string_view body);

} // namespace mdocker::methods
