// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stream.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>

namespace mdocker::image {

/// A tar that goes out as it is written, through libarchive: ustar, with pax headers where an entry
/// needs them. Unless finish() was reached, no end marker is written, whatever happens.
/// Throws Error (phase "unpack"), and what the sink throws.
class TarWriter {
public:
  /// The sink must outlive it.
  explicit TarWriter(Sink &out);
  ~TarWriter();
  TarWriter(const TarWriter &) = delete;
  TarWriter &operator=(const TarWriter &) = delete;

  /// Begins an entry; the one before is complete.
  void entry(archive_entry *entry);
  /// The entry's bytes, exactly as many as it says.
  void data(std::string_view bytes);
  /// A whole file of ours: owned by root, readable by all, as old as 1970.
  void file(const std::string &name, std::string_view bytes);
  /// The end marker, in the last call of the sink.
  void finish();

  [[nodiscard]] std::uint64_t written() const noexcept { return written_; }

private:
  static la_ssize_t on_write(archive *tar, void *self, const void *bytes,
                             std::size_t size) noexcept;
  void put(std::string_view bytes);
  void flush();
  [[noreturn]] void failed(std::string_view what);

  struct Free {
    void operator()(archive *tar) const noexcept { archive_write_free(tar); }
  };

  Sink &out_;
  std::string small_; // headers and padding, until there is something large
  std::uint64_t written_ = 0;
  bool open_ = true; // nothing goes out any more once it is false
  std::exception_ptr thrown_;
  std::unique_ptr<archive, Free> tar_; // calls back into all of these
};

} // namespace mdocker::image
