// SPDX-License-Identifier: Apache-2.0
//
// Decompression by content. The compressors' own libraries are used and not libarchive's filters:
// these take a gzip with a wrong checksum, drop what follows a gzip or bzip2 file, and give xz as
// much memory as the file asks for. Here each of these is an error, as is a file that is cut short.
#pragma once

#include "stream.hpp"

#include <cstddef>
#include <memory>

namespace mdocker::image {

/// The most that a decoder may keep of what it has written: 128 MiB, as zstd has it by itself.
inline constexpr unsigned kWindowLog = 27;
inline constexpr std::size_t kWindow = std::size_t{1} << kWindowLog;

/// What is in the source: gzip, zstd, xz or bzip2, one or several joined, else the bytes as they
/// are. One layer only. The source must outlive it. Throws Error (phase "decompress").
std::unique_ptr<Source> decoded(Source &in);

} // namespace mdocker::image
