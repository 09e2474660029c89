// SPDX-License-Identifier: Apache-2.0
//
// All that names the image in one archive, in whatever order it comes.
#pragma once

#include "contents.hpp"
#include "naming_files.hpp"
#include "oci_index.hpp"
#include "repositories.hpp"
#include "rewrite.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mdocker::image {

/// A file that has to be written beside those of the archive.
struct NewFile {
  std::string path;
  std::string text;
};

/// All of it throws Error (phase "rename").
class Naming {
public:
  explicit Naming(const Options &options) : options_(options), blobs_(options.limits) {}

  struct Taken {
    Text text; ///< Refers to the text that was taken, and to this.
    std::optional<NewFile> beside;
  };
  /// One of the files, as it was written, and what is to be written in its place; none where it was
  /// there before.
  std::optional<Taken> take(NamingFile file, std::string_view text);
  /// A JSON file at blobs/..., as it was written.
  void take_blob(const std::string &digest, std::string_view text) { blobs_.add(digest, text); }

  /// After the last entry: refuses what names no image, what is not there, and files that do not
  /// agree. Fills in the digests; returns the files that have to be added.
  std::vector<NewFile> finish(const Contents &contents, Result &result);

private:
  void require_one(const Contents &contents) const;
  void check_docker(const Contents &contents, Result &result) const;
  std::vector<NewFile> check_oci(const Contents &contents, Result &result) const;
  [[nodiscard]] const Blobs::Image &choose(const std::vector<Blobs::Image> &images) const;

  // What is kept of each; not its text.
  struct Docker {
    std::string config;
    std::string config_digest;
    std::vector<std::string> layers;
  };
  const Options &options_;
  Blobs blobs_;
  std::map<NamingFile, std::string> seen_; // a digest of each
  std::string hash_;                       // in repositories
  std::optional<Docker> docker_;
  std::string target_; // of index.json
};

} // namespace mdocker::image
