// SPDX-License-Identifier: Apache-2.0
#include "tar_writer.hpp"

#include "refuse.hpp"

#include <cerrno>
#include <cstdint>
#include <set>
#include <utility>

namespace mdocker::image {
namespace {

// From this size on bytes go to the sink without being copied.
constexpr std::size_t kLarge = std::size_t{32} << 10U;

// libarchive writes an extended attribute in two ways, and reads both.
void drop_double_attributes(archive_entry *entry) {
  if (archive_entry_xattr_count(entry) == 0)
    return;
  std::set<std::pair<std::string, std::string>> attributes;
  const char *name = nullptr;
  const void *value = nullptr;
  std::size_t size = 0;
  archive_entry_xattr_reset(entry);
  while (archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK)
    attributes.emplace(name, std::string(static_cast<const char *>(value), size));
  archive_entry_xattr_clear(entry);
  for (const auto &[key, content] : attributes)
    archive_entry_xattr_add_entry(entry, key.c_str(), content.data(), content.size());
}

// Nobody reads when a file of an archive was changed, and a time that is out of the ordinary would
// be one more header. What fits into eleven octal digits stays.
void plain_times(archive_entry *entry) {
  constexpr std::int64_t kMostTime = (std::int64_t{1} << 33U) - 1;
  const std::int64_t changed = archive_entry_mtime(entry);
  archive_entry_set_mtime(entry, changed >= 0 && changed <= kMostTime ? changed : 0, 0);
  archive_entry_unset_atime(entry);
  archive_entry_unset_ctime(entry);
  archive_entry_unset_birthtime(entry);
}

} // namespace

TarWriter::TarWriter(Sink &out) : out_(out), tar_(archive_write_new()) {
  small_.reserve(2 * kLarge);
  // Bytes come to on_write() as they are, in no blocks.
  if (!tar_ || archive_write_set_format_pax_restricted(tar_.get()) != ARCHIVE_OK ||
      archive_write_set_format_option(tar_.get(), "pax", "xattrheader", "SCHILY") != ARCHIVE_OK ||
      archive_write_set_bytes_per_block(tar_.get(), 0) != ARCHIVE_OK ||
      archive_write_open2(tar_.get(), this, nullptr, &TarWriter::on_write, nullptr, nullptr) !=
          ARCHIVE_OK)
    fail(kUnpack, "no tar writer");
}

// archive_write_free() completes an archive; archive_write_fail() prevents it, and leaks what
// archive_write_open2() allocated. So it is closed here, while nothing of it goes out.
TarWriter::~TarWriter() {
  open_ = false;
  archive_write_close(tar_.get());
}

// C is not ours to throw through.
la_ssize_t TarWriter::on_write(archive *tar, void *self, const void *bytes,
                               std::size_t size) noexcept {
  auto &writer = *static_cast<TarWriter *>(self);
  try {
    if (!writer.open_)
      return ARCHIVE_FATAL;
    writer.put({static_cast<const char *>(bytes), size});
    return static_cast<la_ssize_t>(size);
  } catch (...) {
    writer.open_ = false;
    writer.thrown_ = std::current_exception();
    archive_set_error(tar, EIO, "the sink failed");
    return ARCHIVE_FATAL;
  }
}

void TarWriter::put(std::string_view bytes) {
  if (bytes.size() >= kLarge || small_.size() + bytes.size() > 2 * kLarge)
    flush();
  if (bytes.size() < kLarge) {
    small_ += bytes;
    return;
  }
  out_.write(bytes);
  written_ += bytes.size();
}

void TarWriter::flush() {
  if (small_.empty())
    return;
  out_.write(small_);
  written_ += small_.size();
  small_.clear();
}

void TarWriter::failed(std::string_view what) {
  open_ = false;
  if (thrown_)
    std::rethrow_exception(std::exchange(thrown_, nullptr));
  const char *text = archive_error_string(tar_.get());
  refuse(kUnpack, std::string(what) + ": " + (text != nullptr ? text : "unknown"));
}

void TarWriter::entry(archive_entry *entry) {
  drop_double_attributes(entry);
  plain_times(entry);
  if (archive_write_header(tar_.get(), entry) != ARCHIVE_OK)
    failed("an entry of the archive cannot be written as it was");
}

void TarWriter::data(std::string_view bytes) {
  const la_ssize_t size = archive_write_data(tar_.get(), bytes.data(), bytes.size());
  if (std::cmp_not_equal(size, bytes.size()))
    failed("an entry of the archive has more bytes than it says");
}

void TarWriter::file(const std::string &name, std::string_view bytes) {
  constexpr unsigned kMode = 0644;
  const std::unique_ptr<archive_entry, void (*)(archive_entry *)> made(archive_entry_new(),
                                                                       archive_entry_free);
  archive_entry_set_pathname(made.get(), name.c_str());
  archive_entry_set_filetype(made.get(), AE_IFREG);
  archive_entry_set_perm(made.get(), kMode);
  archive_entry_set_mtime(made.get(), 0, 0);
  archive_entry_set_size(made.get(), static_cast<la_int64_t>(bytes.size()));
  entry(made.get());
  if (!bytes.empty())
    data(bytes);
}

void TarWriter::finish() {
  if (archive_write_finish_entry(tar_.get()) != ARCHIVE_OK)
    failed("the last entry of the archive cannot be completed");
  flush();
  if (archive_write_close(tar_.get()) != ARCHIVE_OK)
    failed("the end of the archive cannot be written");
  flush();
  open_ = false;
}

} // namespace mdocker::image
