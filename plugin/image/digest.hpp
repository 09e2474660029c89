// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace mdocker::image {

/// Computes a digest piece by piece. Throws Error (internal) where the library cannot.
class Digest {
public:
  enum class Algorithm { sha256, sha512 };
  explicit Digest(Algorithm algorithm);
  void update(std::string_view bytes);
  /// The digest's bytes; once.
  std::string finish();

private:
  struct Free {
    void operator()(evp_md_ctx_st *context) const noexcept;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

/// Lower-case hexadecimal digits.
std::string hex(std::string_view bytes);

/// "sha256:HEX" of the bytes.
std::string sha256_of(std::string_view bytes);

/// "sha256" or "sha512", and its digits.
struct NamedDigest {
  std::string_view algorithm;
  std::string_view digits;
};
/// Reads "sha256:HEX" and "sha512:HEX" as OCI writes them; none for anything else.
std::optional<NamedDigest> named_digest(std::string_view text) noexcept;
/// "blobs/sha256/HEX", where an archive has it.
std::string blob_path(const NamedDigest &digest);
/// "sha256:HEX" of "blobs/sha256/HEX"; none for any other path.
std::optional<std::string> digest_of_blob(std::string_view path);

} // namespace mdocker::image
