// SPDX-License-Identifier: Apache-2.0
#include "archives.hpp"

#include "image/digest.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <memory>
#include <numeric>

namespace mdocker::image::test {
namespace {

constexpr std::size_t kBlock = 512;

std::string octal(std::uint64_t value, std::size_t digits) {
  std::string text(digits, '0');
  for (auto digit = text.rbegin(); digit != text.rend(); ++digit, value >>= 3U)
    *digit = static_cast<char>('0' + (value & 7U));
  return text;
}

bool is_zero(std::string_view block) {
  return block.find_first_not_of('\0') == std::string_view::npos;
}

// libarchive's has no checksum.
std::string zstd_of(std::string_view bytes) {
  ZSTD_CCtx *context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  out.resize(ZSTD_compress2(context, out.data(), out.size(), bytes.data(), bytes.size()));
  ZSTD_freeCCtx(context);
  return out;
}

} // namespace

Tar &Tar::add(const Header &header, std::string_view content) {
  std::string block(kBlock, '\0');
  const auto put = [&](std::size_t at, std::string_view text) {
    block.replace(at, text.size(), text);
  };
  put(0, header.name.substr(0, 100));
  put(100, octal(header.mode, 7));
  put(108, octal(header.uid, 7));
  put(116, octal(header.gid, 7));
  const std::uint64_t size = header.size.value_or(content.size());
  if (size < (std::uint64_t{1} << 33U)) {
    put(124, octal(size, 11));
  } else { // GNU's base 256
    block[124] = '\x80';
    for (unsigned i = 0; i < 8; ++i)
      block[135 - i] = static_cast<char>((size >> (8 * i)) & 0xFFU);
  }
  put(136, octal(header.mtime, 11));
  put(148, "        ");
  block[156] = header.type;
  put(157, header.link.substr(0, 100));
  put(257, header.magic);
  unsigned sum = 0;
  for (const char c : block)
    sum += static_cast<unsigned char>(c);
  put(148, octal(sum, 6) + std::string("\0 ", 2));
  bytes_ += block;
  bytes_ += content;
  bytes_.append((kBlock - content.size() % kBlock) % kBlock, '\0');
  return *this;
}

void write_into(archive *out, std::string &bytes) {
  archive_write_set_bytes_per_block(out, 0);
  archive_write_open2(
      out, &bytes, nullptr,
      [](archive *, void *to, const void *data, std::size_t size) {
        static_cast<std::string *>(to)->append(static_cast<const char *>(data), size);
        return static_cast<la_ssize_t>(size);
      },
      nullptr, nullptr);
}

std::string compressed(Codec codec, std::string_view bytes) {
  if (codec == Codec::none)
    return std::string(bytes);
  if (codec == Codec::zstd)
    return zstd_of(bytes);
  archive *out = archive_write_new();
  archive_write_set_format_raw(out);
  switch (codec) {
  case Codec::gzip:
    archive_write_add_filter_gzip(out);
    break;
  case Codec::xz:
    archive_write_add_filter_xz(out);
    break;
  default:
    archive_write_add_filter_bzip2(out);
  }
  std::string result;
  write_into(out, result);
  archive_entry *entry = archive_entry_new();
  archive_entry_set_pathname(entry, "x");
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_write_header(out, entry);
  archive_write_data(out, bytes.data(), bytes.size());
  archive_entry_free(entry);
  EXPECT_EQ(archive_write_close(out), ARCHIVE_OK);
  archive_write_free(out);
  return result;
}

std::vector<Entry> read_back(const std::string &tar) {
  const Utf8 locale;
  std::vector<Entry> entries;
  const std::unique_ptr<archive, int (*)(archive *)> in(archive_read_new(), archive_read_free);
  archive_read_support_format_tar(in.get());
  if (archive_read_open_memory(in.get(), tar.data(), tar.size()) != ARCHIVE_OK) {
    ADD_FAILURE() << archive_error_string(in.get());
    return entries;
  }
  const auto text = [](const char *from) { return from != nullptr ? std::string(from) : ""; };
  archive_entry *entry = nullptr;
  int status = ARCHIVE_OK;
  while ((status = archive_read_next_header(in.get(), &entry)) == ARCHIVE_OK) {
    Entry read;
    read.name = text(archive_entry_pathname(entry));
    read.type = archive_entry_filetype(entry);
    read.link = text(archive_entry_hardlink(entry)) + text(archive_entry_symlink(entry));
    read.mode = archive_entry_perm(entry);
    read.mtime = archive_entry_mtime(entry);
    read.uid = archive_entry_uid(entry);
    read.gid = archive_entry_gid(entry);
    const char *name = nullptr;
    const void *value = nullptr;
    std::size_t size = 0;
    archive_entry_xattr_reset(entry);
    while (archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK)
      read.xattrs.emplace(name, std::string(static_cast<const char *>(value), size));
    read.content.resize(static_cast<std::size_t>(archive_entry_size(entry)));
    EXPECT_EQ(archive_read_data(in.get(), read.content.data(), read.content.size()),
              static_cast<la_ssize_t>(read.content.size()));
    entries.push_back(std::move(read));
  }
  EXPECT_EQ(status, ARCHIVE_EOF) << archive_error_string(in.get());
  return entries;
}

std::string content_of(const std::vector<Entry> &entries, std::string_view name) {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const Entry &entry) { return entry.name == name; });
  return found == entries.end() ? "(none)" : found->content;
}

bool has_end_marker(std::string_view tar) {
  for (std::size_t at = 0; at + kBlock <= tar.size();) {
    const std::string_view header = tar.substr(at, kBlock);
    if (is_zero(header))
      return at + 2 * kBlock <= tar.size() && is_zero(tar.substr(at + kBlock, kBlock));
    const std::uint64_t size =
        std::strtoull(std::string(header.substr(124, 12)).c_str(), nullptr, 8);
    at += kBlock + (size + kBlock - 1) / kBlock * kBlock;
  }
  return false;
}

Outcome run(std::string_view in, std::size_t block, Options options) {
  struct Blocks final : Source {
    std::string_view rest;
    std::size_t block = 1;
    std::string lent; // a copy of its own, which the sanitizers watch
    std::string_view read() override {
      lent = std::string(rest.substr(0, block));
      rest.remove_prefix(lent.size());
      return lent;
    }
  } source;
  struct Collect final : Sink {
    std::string out;
    void write(std::string_view bytes) override {
      EXPECT_FALSE(bytes.empty());
      out += bytes;
    }
  } sink;
  source.rest = in;
  source.block = block;
  if (options.id.empty())
    options.id = kId;
  Outcome outcome;
  try {
    outcome.result = rewrite(source, sink, options);
  } catch (const Error &error) {
    outcome.error = error;
  }
  outcome.out = std::move(sink.out);
  if (outcome.result) {
    EXPECT_EQ(outcome.result->bytes.in, in.size());
    EXPECT_EQ(outcome.result->bytes.out, outcome.out.size());
    EXPECT_TRUE(has_end_marker(outcome.out));
  }
  return outcome;
}

void expect_refused(const Outcome &outcome, std::string_view phase, std::string_view words) {
  ASSERT_TRUE(outcome.error) << "was not refused; expected " << words;
  EXPECT_EQ(outcome.error->kind(), Kind::invalid);
  EXPECT_EQ(outcome.error->phase(), phase) << outcome.why();
  EXPECT_NE(outcome.why().find(words), std::string::npos)
      << outcome.why() << "\nexpected: " << words;
  EXPECT_FALSE(has_end_marker(outcome.out)) << outcome.why();
  EXPECT_EQ(outcome.why().find('\n'), std::string::npos);
}

OciImage::OciImage(std::string_view seed) {
  config =
      R"({"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]},"x":")" +
      std::string(seed) + "\"}";
  config_digest = sha256_of(config);
  layer = "layer " + std::string(seed) + std::string(1'000, 'l');
  layer_digest = sha256_of(layer);
  manifest = R"({"schemaVersion":2,"config":)" +
             test::descriptor("application/vnd.oci.image.config.v1+json", config) +
             R"(,"layers":[)" + test::descriptor("application/vnd.oci.image.layer.v1.tar", layer) +
             "]}";
  manifest_digest = sha256_of(manifest);
}

std::string OciImage::descriptor(std::string_view more) const {
  return test::descriptor(kManifestType, manifest, more);
}

void OciImage::add_blobs(Tar &tar, const std::string &prefix) const {
  tar.file(prefix + blob(config_digest), config);
  tar.file(prefix + blob(layer_digest), layer);
  tar.file(prefix + blob(manifest_digest), manifest);
}

std::string blob(const std::string &digest) {
  return blob_path(named_digest(digest).value());
}

std::string descriptor(std::string_view type, std::string_view content, std::string_view more) {
  return R"({"mediaType":")" + std::string(type) + R"(","digest":")" + sha256_of(content) +
         R"(","size":)" + std::to_string(content.size()) + std::string(more) + "}";
}

std::string index_json(std::string_view descriptors) {
  return R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[)" +
         std::string(descriptors) + "]}";
}

} // namespace mdocker::image::test
