// SPDX-License-Identifier: Apache-2.0
#include "tar_reader.hpp"

#include "refuse.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace mdocker::image {
namespace {

// libarchive gets slices of this size at most, so that we see how much it reads for one header: it
// keeps lists for some (the holes of a sparse file), as long as the header goes on.
constexpr std::size_t kSlice = std::size_t{128} << 10U;
constexpr std::uint64_t kHeader = std::uint64_t{256} << 10U;

constexpr std::uint64_t kEndMarker = 1'024;

std::size_t zeros_at_end(std::string_view bytes) noexcept {
  if (bytes.empty() || bytes.back() != '\0')
    return 0;
  // All of them, as nearly always where the last one is? Each equals the one before.
  if (std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0)
    return bytes.size();
  const std::size_t last = bytes.find_last_not_of('\0');
  return bytes.size() - 1 - last;
}

} // namespace

TarReader::TarReader(Source &in, const Limits &limits)
    : in_(in), limits_(limits), tar_(archive_read_new()) {
  if (!tar_ || archive_read_support_format_tar(tar_.get()) != ARCHIVE_OK ||
      archive_read_set_callback_data(tar_.get(), this) != ARCHIVE_OK ||
      archive_read_set_read_callback(tar_.get(), &TarReader::on_read) != ARCHIVE_OK)
    fail(kUnpack, "no tar reader");
  header_until_ = kHeader;
  in_header_ = true;
  if (archive_read_open1(tar_.get()) != ARCHIVE_OK)
    failed();
}

std::string_view TarReader::feed() {
  if (in_header_ && fed_ > header_until_)
    refuse(kUnpack, "the header of an entry of the archive is too large");
  if (lent_.empty() && !source_ended_) {
    lent_ = in_.read();
    source_ended_ = lent_.empty();
  }
  const std::string_view slice = lent_.substr(0, kSlice);
  lent_.remove_prefix(slice.size());
  fed_ += slice.size();
  const std::size_t zeros = zeros_at_end(slice);
  zeros_ = zeros == slice.size() ? zeros_ + zeros : zeros;
  return slice;
}

// C is not ours to throw through.
la_ssize_t TarReader::on_read(archive *tar, void *self, const void **bytes) noexcept {
  auto &reader = *static_cast<TarReader *>(self);
  try {
    const std::string_view slice = reader.feed();
    *bytes = slice.data();
    return static_cast<la_ssize_t>(slice.size());
  } catch (...) {
    reader.thrown_ = std::current_exception();
    archive_set_error(tar, EIO, "the source failed");
    return ARCHIVE_FATAL;
  }
}

void TarReader::failed() {
  if (thrown_)
    std::rethrow_exception(std::exchange(thrown_, nullptr));
  const char *text = archive_error_string(tar_.get());
  const std::string why = text != nullptr ? text : "unknown";
  if (first_ && fed_ == 0)
    refuse(kUnpack, "the file is empty");
  if (first_ && archive_format(tar_.get()) == 0)
    refuse(kUnpack, "the file is no archive: neither a tar nor one in gzip, zstd, xz or bzip2");
  if (source_ended_ && lent_.empty())
    refuse(kUnpack, "the archive is cut short");
  refuse(kUnpack, "the archive is damaged: " + why);
}

archive_entry *TarReader::next() {
  archive_entry *entry = nullptr;
  in_header_ = true;
  header_until_ = fed_ + kHeader;
  const int result = archive_read_next_header(tar_.get(), &entry);
  in_header_ = false;
  if (result == ARCHIVE_EOF) {
    if (fed_ == 0)
      refuse(kUnpack, "the file is empty");
    return nullptr;
  }
  // Warnings too: what libarchive cannot read in full it cannot write again either.
  if (result != ARCHIVE_OK)
    failed();
  first_ = false;
  entry_at_ = 0;
  entry_size_ = static_cast<std::uint64_t>(std::max<la_int64_t>(archive_entry_size(entry), 0));
  return entry;
}

std::string_view TarReader::data() {
  const void *bytes = nullptr;
  std::size_t size = 0;
  la_int64_t offset = 0;
  do {
    const int result = archive_read_data_block(tar_.get(), &bytes, &size, &offset);
    if (result == ARCHIVE_EOF) {
      if (entry_at_ != entry_size_)
        refuse(kUnpack, "the archive is cut short");
      entry_end_ = static_cast<std::uint64_t>(archive_filter_bytes(tar_.get(), 0));
      return {};
    }
    if (result != ARCHIVE_OK)
      failed();
    if (std::cmp_not_equal(offset, entry_at_))
      refuse(kUnpack, "a file in the archive has holes");
    entry_at_ += size;
  } while (size == 0);
  return {static_cast<const char *>(bytes), size};
}

void TarReader::finish() {
  const auto rest_so_far = [this] { return fed_ - entry_end_; };
  while (!feed().empty() && rest_so_far() <= kEndMarker + limits_.trailing_zeros) {
  }
  const std::uint64_t rest = rest_so_far();
  if (rest > kEndMarker + limits_.trailing_zeros)
    refuse(kUnpack, "too much follows the end of the archive");
  if (rest < kEndMarker)
    refuse(kUnpack, "the archive is cut short");
  if (zeros_ < rest)
    refuse(kUnpack, "something else follows the end of the archive");
}

} // namespace mdocker::image
