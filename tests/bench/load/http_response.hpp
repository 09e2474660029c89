// SPDX-License-Identifier: Apache-2.0
//
// Reads HTTP/1.1 responses off a connection: no more of it than what the host and the engine send.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace load {

/// The server sent what this generator does not understand.
struct ProtocolError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class ResponseReader {
public:
  /// Where the next bytes go: at least `size` of them. They count when commit() says so.
  char *prepare(std::size_t size);
  void commit(std::size_t size);

  /// Looks at what has come. True where the response is complete.
  bool complete();

  [[nodiscard]] unsigned status() const noexcept { return status_; }
  /// The body, without chunk marks; valid until next().
  [[nodiscard]] std::string_view body() const noexcept;

  /// Makes ready for the next response. Throws ProtocolError where bytes came that nobody asked
  /// for.
  void next();

private:
  enum class Framing { length, chunked };

  bool read_head();
  void read_header(std::string_view line);
  bool read_chunks();

  std::string buffer_; // head, then body as it comes
  std::size_t filled_ = 0;
  std::size_t head_ = 0; // bytes; 0: not complete yet
  unsigned status_ = 0;
  Framing framing_ = Framing::length;
  std::size_t length_ = 0; // of the body
  std::size_t at_ = 0;     // of the next chunk's size line
  std::string chunks_;     // their data, joined
};

} // namespace load
