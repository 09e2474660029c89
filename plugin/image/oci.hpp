// SPDX-License-Identifier: Apache-2.0
//
// What OCI's JSON says: descriptors, and the manifests and indexes among the blobs.
#pragma once

#include "contents.hpp"
#include "json_edit.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace mdocker::image {

inline constexpr std::string_view kImageName = "io.containerd.image.name";
inline constexpr std::string_view kRefName = "org.opencontainers.image.ref.name";

struct Descriptor {
  std::string digest; ///< "sha256:HEX"
  std::string
      platform;     ///< "OS/ARCHITECTURE/VARIANT", the latter may be empty; empty: it says none.
  std::string name; ///< Of its annotations; empty: none.
  bool companion = false; ///< An attestation, a signature: comes with an image and is none.
  bool elsewhere = false; ///< Has URLs: need not be in the archive.
};
Descriptor read_descriptor(JsonReader &reader, const json::Members &members);

/// The manifests and indexes that were seen, in the little of them that we need.
class Blobs {
public:
  explicit Blobs(const Limits &limits) : limits_(limits) {}

  /// A JSON file of that digest; of what is neither manifest nor index we keep why. Throws Error
  /// where there is too much of them.
  void add(const std::string &digest, std::string_view text);
  /// The same for one that was made here.
  void add_index(const std::string &digest, std::vector<Descriptor> children);

  struct Image {
    std::string manifest; ///< digest
    std::string config;   ///< digest
    std::vector<std::string> layers;
    std::string platform;
  };
  /// The images that the digest stands for: itself, or those of an index that are in the archive.
  /// Each is there with its config and layers, and there is one at least; else throws Error.
  [[nodiscard]] std::vector<Image> images(const std::string &digest,
                                          const Contents &contents) const;

private:
  struct Manifest {
    std::string config;
    std::vector<std::string> layers;
    std::vector<bool> elsewhere; // of each layer: it need not be there
  };
  using Index = std::vector<Descriptor>;
  struct Bad {
    std::string why; // the whole message
  };
  using Blob = std::variant<Manifest, Index, Bad>;

  [[nodiscard]] Blob read(const std::string &digest, std::string_view text) const;
  void add_bad(const std::string &digest, const std::string &why);
  void find_images(const Descriptor &at, unsigned depth, const Contents &contents,
                   std::vector<Image> &found, std::size_t &steps) const;

  Limits limits_;
  std::map<std::string, Blob, std::less<>> blobs_;
  std::size_t kept_ = 0;
  std::size_t bad_ = 0;
};

} // namespace mdocker::image
