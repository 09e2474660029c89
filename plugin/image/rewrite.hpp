// SPDX-License-Identifier: Apache-2.0
//
// The middle of what brings an image from the image service into an engine: an archive comes in
// from a Source, whatever wrote it and compressed it, and goes out to a Sink as a plain tar for
// POST /images/load, in which the image is named UUID:latest and nothing else is named.
//
//     download --> Source --> decoded() --> TarReader --> rewrite() --> TarWriter --> Sink -->
//     upload
//                  (yours)                  names, JSON blobs:                        (yours)
//                                           Contents, Naming
//
// How to use it:
//  - rewrite() is called on a thread of its own and blocks it: Source::read() waits for the
//  download,
//    Sink::write() for the upload; that is the back-pressure. It knows neither curl, engine nor
//    event loop, holds no state after it returns, and may run on any number of threads at once.
//  - The download checks its own length (and checksum.hpp its checksum) in the Source, where there
//  are
//    no more bytes, and throws there. The source has been read to its end, and everything in the
//    archive was found good, before the first byte of the tar's end marker goes to the sink.
//    Engines tag an image as soon as they have read that marker. So where rewrite() throws, break
//    off the upload's body: the engine has tagged nothing. Where it returns, end the body: that was
//    all.
//  - To cancel, let read() or write() throw; what they throw comes out of rewrite().
//  - What is wrong with an archive is an Error of Kind::invalid, which says so in one line, with
//  the
//    phase decompress, unpack, rename or check. No retry mends it.
//
// Memory: what the decoder needs (its window of at most 128 MiB for zstd and xz, as the file asks
// for, 4 MiB for bzip2, 64 KiB for gzip), less than 1 MiB beside it for an image of any size. A
// hostile archive gets to the limits: some 10 MiB for names and manifests, 20 MiB for a naming
// file.
#pragma once

#include "limits.hpp"
#include "stream.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace mdocker::image {

struct Progress {
  std::uint64_t in = 0;  ///< Bytes that came from the source.
  std::uint64_t out = 0; ///< Bytes that went to the sink.
};

/// The platform that this was compiled for: "linux/amd64".
std::string_view own_platform() noexcept;

struct Options {
  std::string id; ///< The UUID, as parse_uuid() returns it.
  /// Which image of an index of several a manifest.json is made for, where there is none: the
  /// engine's "Os/Arch" of /version. Without one of that platform it is the first.
  std::string platform = std::string(own_platform());
  Limits limits;
  /// Called with each block that was read; may be empty. It may throw.
  std::function<void(const Progress &)> progress;
};

struct Result {
  /// "sha256:HEX" of the image's config, its id in graph drivers: empty where the archive does not
  /// say (a legacy archive names layers only). Of several platforms the one of the options.
  std::string config_digest;
  /// "sha256:HEX" of the manifest of that platform; empty for a docker-archive.
  std::string manifest_digest;
  /// What the name leads to in a containerd store: that manifest, or the index above it.
  std::string target_digest;
  bool manifest_added = false; ///< An OCI archive had no manifest.json and got one.
  bool legacy_only = false;    ///< Only `repositories` names it: engines from 29 do not take it.
  Progress bytes;
};

/// Blocks until all of the source has been read. Throws Error, and what the two ends throw.
Result rewrite(Source &in, Sink &out, const Options &options);

} // namespace mdocker::image
