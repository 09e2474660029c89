// SPDX-License-Identifier: Apache-2.0
//
// The two ends of the pipeline, and what is between its steps. Bytes are lent and not copied.
#pragma once

#include <string_view>

namespace mdocker::image {

class Source {
public:
  Source() = default;
  Source(const Source &) = delete;
  Source &operator=(const Source &) = delete;
  virtual ~Source() = default;

  /// The next bytes, however many there are; none at the end, and at every call after it. They stay
  /// where they are until the next call. May block, and may throw: nothing more is asked of it
  /// then, and what it threw comes out of rewrite().
  ///
  /// It is always read to its end before the end of an archive is written: what can only be checked
  /// at the end (the length, a checksum) is checked where it has no more bytes, and refused there.
  virtual std::string_view read() = 0;
};

class Sink {
public:
  Sink() = default;
  Sink(const Sink &) = delete;
  Sink &operator=(const Sink &) = delete;
  virtual ~Sink() = default;

  /// Takes all of the bytes, which stay where they are during the call only. May block (that is the
  /// back-pressure), and may throw.
  virtual void write(std::string_view bytes) = 0;
};

} // namespace mdocker::image
