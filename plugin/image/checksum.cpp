// SPDX-License-Identifier: Apache-2.0
#include "checksum.hpp"

#include "refuse.hpp"
#include "structured_field.hpp"

#include "json.hpp"

#include <algorithm>

namespace mdocker::image {
namespace {

constexpr std::string_view kContentDigest = "Content-Digest";
constexpr std::string_view kDigest = "Digest";
constexpr std::string_view kHex = "X-Checksum-Sha256";

constexpr std::size_t size_of(Digest::Algorithm algorithm) noexcept {
  return algorithm == Digest::Algorithm::sha256 ? 32 : 64;
}

std::optional<Digest::Algorithm> algorithm_of(std::string_view name) noexcept {
  if (mistify::json::same_key(name, "sha-256"))
    return Digest::Algorithm::sha256;
  if (mistify::json::same_key(name, "sha-512"))
    return Digest::Algorithm::sha512;
  return std::nullopt;
}

std::string_view trim(std::string_view text) noexcept {
  const std::size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(" \t") + 1);
}

[[noreturn]] void malformed(std::string_view field, std::string_view value) {
  refuse(kCheck, "the image service sent a malformed " + std::string(field) + ": " + shown(value));
}

std::optional<std::string> from_hex(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    unsigned byte = 0;
    for (const char c : text.substr(i, 2)) {
      const char lower = c >= 'A' && c <= 'F' ? static_cast<char>(c + ('a' - 'A')) : c;
      const std::size_t value = kDigits.find(lower);
      if (value == std::string_view::npos)
        return std::nullopt;
      byte = byte * 16U + static_cast<unsigned>(value);
    }
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

} // namespace

Checksum::Checksum(const ChecksumFields &fields) {
  read_content_digest(trim(fields.content_digest));
  read_digest(trim(fields.digest));
  read_hex(trim(fields.x_checksum_sha256));
}

void Checksum::want(Digest::Algorithm algorithm, std::string_view field, std::string bytes) {
  if (bytes.size() != size_of(algorithm))
    malformed(field, hex(bytes));
  for (const Wanted &other : wanted_)
    if (other.algorithm == algorithm) {
      if (other.bytes != bytes)
        refuse(kCheck, "the image service sent checksums that contradict each other, in " +
                           other.field + " and " + std::string(field));
      return;
    }
  wanted_.push_back({algorithm, std::string(field), std::move(bytes), Digest(algorithm)});
}

void Checksum::read_content_digest(std::string_view text) {
  auto members = byte_sequences(text);
  if (!members)
    malformed(kContentDigest, text);
  for (auto &[name, bytes] : *members)
    if (const auto algorithm = algorithm_of(name))
      want(*algorithm, kContentDigest, std::move(bytes));
}

void Checksum::read_digest(std::string_view text) {
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view instance = trim(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
    if (instance.empty()) // HTTP's lists may have empty elements
      continue;
    const std::size_t equals = instance.find('=');
    if (equals == std::string_view::npos)
      malformed(kDigest, instance);
    if (const auto algorithm = algorithm_of(instance.substr(0, equals))) {
      std::optional<std::string> bytes = from_base64(instance.substr(equals + 1));
      if (!bytes)
        malformed(kDigest, instance);
      want(*algorithm, kDigest, std::move(*bytes));
    }
  }
}

void Checksum::read_hex(std::string_view text) {
  if (text.empty())
    return;
  std::optional<std::string> bytes = from_hex(text);
  if (!bytes || text.size() != 2 * size_of(Digest::Algorithm::sha256))
    malformed(kHex, text);
  want(Digest::Algorithm::sha256, kHex, std::move(*bytes));
}

void Checksum::update(std::string_view bytes) {
  for (Wanted &wanted : wanted_)
    wanted.digest.update(bytes);
}

void Checksum::check() {
  for (Wanted &wanted : wanted_) {
    const std::string got = wanted.digest.finish();
    if (got != wanted.bytes)
      refuse(kCheck, "the bytes received are not those that " + wanted.field + " says: expected " +
                         hex(wanted.bytes) + ", got " + hex(got));
  }
}

} // namespace mdocker::image
