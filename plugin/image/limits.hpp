// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace mdocker::image {

/// What an archive may hold; beyond it is refused. They bound what we keep in memory, and how much
/// of the engine's disk one archive takes.
struct Limits {
  std::size_t entries = 32'768;                     ///< Files, folders and links.
  std::size_t name = 4'096;                         ///< Bytes of one name, or link target.
  std::size_t names = std::size_t{2} << 20U;        ///< Bytes of all of these.
  std::uint64_t entry = std::uint64_t{1} << 40U;    ///< Bytes of one file, as declared.
  std::uint64_t unpacked = std::uint64_t{1} << 40U; ///< Bytes of all files.
  std::size_t naming_file = std::size_t{20} << 20U; ///< repositories, manifest.json, index.json
  std::size_t json_blob = std::size_t{4} << 20U;    ///< A manifest or index among the blobs.
  std::size_t manifests = std::size_t{2} << 20U;    ///< What is kept of all of these.
  std::size_t members = 4'096;                      ///< Of one object or array in a naming file.
  std::uint64_t trailing_zeros = std::uint64_t{16} << 20U; ///< After the end marker.
};

} // namespace mdocker::image
