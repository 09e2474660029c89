// SPDX-License-Identifier: Apache-2.0
//
// A tar, read as it comes, through libarchive: v7, ustar, pax and GNU tar. No filter is enabled.
#pragma once

#include "limits.hpp"
#include "stream.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string_view>

namespace mdocker::image {

/// All of it throws Error (phase "unpack") where the bytes are no tar, and what the source throws.
class TarReader {
public:
  /// The source must outlive it.
  TarReader(Source &in, const Limits &limits);

  /// The next entry; null at the end. It is good until the next call. The data of the entry before
  /// has been read to its end.
  archive_entry *next();
  /// The next bytes of the entry, none at its end; good until the next call of anything here.
  std::string_view data();
  /// After the last entry: reads the source to its end, and requires the end marker (two blocks of
  /// zeros) and nothing but zeros after it. libarchive takes a tar that was cut between two entries
  /// for a whole one.
  void finish();

private:
  static la_ssize_t on_read(archive *tar, void *self, const void **bytes) noexcept;
  std::string_view feed();
  [[noreturn]] void failed();

  struct Free {
    void operator()(archive *tar) const noexcept { archive_read_free(tar); }
  };

  Source &in_;
  Limits limits_;
  std::string_view lent_;          // what the source lent and libarchive has not seen
  std::uint64_t fed_ = 0;          // bytes that libarchive has seen
  std::uint64_t zeros_ = 0;        // at the end of these
  std::uint64_t header_until_ = 0; // what a header may have read up to
  std::uint64_t entry_end_ = 0;    // where the last entry ended, with its padding
  std::uint64_t entry_at_ = 0;     // where in the entry's data
  std::uint64_t entry_size_ = 0;
  bool source_ended_ = false;
  bool in_header_ = false;
  bool first_ = true;
  std::exception_ptr thrown_;
  std::unique_ptr<archive, Free> tar_; // calls back into all of these
};

} // namespace mdocker::image
