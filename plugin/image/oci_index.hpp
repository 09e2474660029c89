// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "oci.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mdocker::image {

/// `index.json` of an OCI layout: what it says, and what it is replaced with. The image's
/// descriptor gets the two annotations that name it, no other keeps one.
struct OciIndex {
  std::string target; ///< The digest that it names: a manifest's or an index's.
  Text text;
  /// Where it lists the platforms of the image itself, an index of them has to be made that can be
  /// named as a whole: this one, a blob of the digest above.
  std::optional<std::string> made;
  std::vector<Descriptor> children; ///< Of the one that was made.
};

/// Throws Error (phase "rename").
OciIndex rename_index(std::string_view text, const std::string &id, std::size_t most);

} // namespace mdocker::image
