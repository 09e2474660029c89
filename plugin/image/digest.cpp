// SPDX-License-Identifier: Apache-2.0
#include "digest.hpp"

#include "refuse.hpp"

#include <algorithm>
#include <array>

#include <openssl/evp.h>

namespace mdocker::image {
namespace {

constexpr std::string_view kBlobs = "blobs/";

bool is_lower_hex(std::string_view text) noexcept {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

} // namespace

void Digest::Free::operator()(evp_md_ctx_st *context) const noexcept {
  EVP_MD_CTX_free(context);
}

Digest::Digest(Algorithm algorithm) : context_(EVP_MD_CTX_new()) {
  if (!context_ ||
      EVP_DigestInit_ex(context_.get(),
                        algorithm == Algorithm::sha256 ? EVP_sha256() : EVP_sha512(), nullptr) != 1)
    fail(kCheck, "cannot compute a digest");
}

void Digest::update(std::string_view bytes) {
  if (EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) != 1)
    fail(kCheck, "cannot compute a digest");
}

std::string Digest::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  if (EVP_DigestFinal_ex(context_.get(), bytes.data(), &size) != 1)
    fail(kCheck, "cannot compute a digest");
  return {bytes.begin(), bytes.begin() + size};
}

std::string hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 0xFU];
  }
  return text;
}

std::string sha256_of(std::string_view bytes) {
  Digest digest(Digest::Algorithm::sha256);
  digest.update(bytes);
  return "sha256:" + hex(digest.finish());
}

std::optional<NamedDigest> named_digest(std::string_view text) noexcept {
  constexpr std::size_t kSha256 = 64;
  constexpr std::size_t kSha512 = 128;
  const std::size_t colon = std::min(text.find(':'), text.size());
  NamedDigest digest{text.substr(0, colon), text.substr(std::min(colon + 1, text.size()))};
  const std::size_t digits = digest.algorithm == "sha256"   ? kSha256
                             : digest.algorithm == "sha512" ? kSha512
                                                            : 0;
  if (digits == 0 || digest.digits.size() != digits || !is_lower_hex(digest.digits))
    return std::nullopt;
  return digest;
}

std::string blob_path(const NamedDigest &digest) {
  std::string path(kBlobs);
  path.append(digest.algorithm).append("/").append(digest.digits);
  return path;
}

std::optional<std::string> digest_of_blob(std::string_view path) {
  if (!path.starts_with(kBlobs))
    return std::nullopt;
  std::string text(path.substr(kBlobs.size()));
  if (const std::size_t slash = text.find('/'); slash != std::string::npos)
    text[slash] = ':';
  if (!named_digest(text))
    return std::nullopt;
  return text;
}

} // namespace mdocker::image
