// SPDX-License-Identifier: Apache-2.0
//
// Archives made by the tests, byte by byte, and what comes out of rewrite().
#pragma once

#include "error.hpp"
#include "image/rewrite.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <locale.h> // NOLINT(modernize-deprecated-headers): newlocale() is POSIX

struct archive; // of libarchive

namespace mdocker::image::test {

inline const std::string kId = "0123abcd-4567-489a-8bcd-ef0123456789";

/// Digests, as archives write them: of a layer, of another, and of an image's configuration.
inline const std::string kHash(64, 'a');
inline const std::string kOther(64, 'b');
inline const std::string kConfig(64, 'c');

/// A tar entry by entry, of ustar headers.
class Tar {
public:
  struct Header {
    std::string name;
    char type = '0';
    std::string link = {};
    std::optional<std::uint64_t> size = {}; ///< Else that of the content.
    unsigned mode = 0644;
    std::uint64_t mtime = 1'700'000'000;
    unsigned uid = 0;
    unsigned gid = 0;
    std::string magic = std::string("ustar\0"
                                    "00",
                                    8); ///< "" for v7
  };
  Tar &add(const Header &header, std::string_view content = {});
  Tar &file(const std::string &name, std::string_view content) {
    return add({.name = name}, content);
  }
  Tar &folder(const std::string &name) { return add({.name = name, .type = '5', .mode = 0755}); }
  Tar &symlink(const std::string &name, const std::string &target) {
    return add({.name = name, .type = '2', .link = target});
  }
  Tar &raw(std::string_view bytes) {
    bytes_ += bytes;
    return *this;
  }
  /// The bytes so far, without an end marker.
  [[nodiscard]] const std::string &open() const noexcept { return bytes_; }
  [[nodiscard]] std::string done() const { return bytes_ + std::string(1'024, '\0'); }

private:
  std::string bytes_;
};

enum class Codec { none, gzip, zstd, xz, bzip2 };
std::string compressed(Codec codec, std::string_view bytes);

/// Opens a writer of libarchive's, without padding at the end; bytes outlives it.
void write_into(::archive *out, std::string &bytes);

/// The thread's locale for as long as it lives, where a test uses libarchive itself: the process
/// has "C" in tests, as hosts have.
class Utf8 {
public:
  Utf8() : ours_(newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)), before_(uselocale(ours_)) {}
  ~Utf8() {
    uselocale(before_);
    freelocale(ours_);
  }
  Utf8(const Utf8 &) = delete;
  Utf8 &operator=(const Utf8 &) = delete;

private:
  locale_t ours_;
  locale_t before_;
};

/// A file of an archive, as libarchive reads it.
struct Entry {
  std::string name;
  unsigned type = 0; ///< AE_IF...
  std::string content;
  std::string link;
  unsigned mode = 0;
  std::int64_t mtime = 0;
  std::int64_t uid = 0;
  std::int64_t gid = 0;
  std::set<std::pair<std::string, std::string>> xattrs;
};
/// All entries; fails the test where it is no whole tar.
std::vector<Entry> read_back(const std::string &tar);
/// The content of the entry of that name, "(none)" where there is none.
std::string content_of(const std::vector<Entry> &entries, std::string_view name);

/// Whether an engine that reads the bytes comes to two blocks of zeros where a header should be.
bool has_end_marker(std::string_view tar);

struct Outcome {
  std::optional<Result> result;
  std::optional<Error> error;
  std::string out;

  [[nodiscard]] std::string why() const { return error ? error->what() : "(no error)"; }
};
/// Rewrites what comes in blocks of that size.
Outcome run(std::string_view in, std::size_t block = std::size_t{64} << 10U, Options options = {});
/// Fails the test where it was not refused, in this phase with these words in the message, or where
/// an end marker came out.
void expect_refused(const Outcome &outcome, std::string_view phase, std::string_view words);

/// An image in OCI's form, with its blobs.
struct OciImage {
  std::string config, config_digest;
  std::string layer, layer_digest;
  std::string manifest, manifest_digest;

  explicit OciImage(std::string_view seed);
  /// {"mediaType":...,"digest":...,"size":...MORE}
  [[nodiscard]] std::string descriptor(std::string_view more = {}) const;
  void add_blobs(Tar &tar, const std::string &prefix = {}) const;
};
std::string blob(const std::string &digest);
std::string descriptor(std::string_view type, std::string_view content, std::string_view more = {});
inline constexpr std::string_view kManifestType = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view kIndexType = "application/vnd.oci.image.index.v1+json";
std::string index_json(std::string_view descriptors);

} // namespace mdocker::image::test
