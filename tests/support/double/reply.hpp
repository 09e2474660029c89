// SPDX-License-Identifier: Apache-2.0
//
// What the double does with a request: a list of steps, written one after another:
//
//   answer(200, "{}")                                 an answer
//   answer(200, "{}").first(20).reset()               its first 20 bytes, then a reset
//   Reply().wait(gate).then([] { return answer(204); })
#pragma once

#include "gate.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace mdocker::test {

/// After the last step the connection is kept for the next request; a reply without steps is
/// silence at first, and takes the next request all the same.
class Reply {
public:
  Reply() = default;

  /// These bytes, as they are.
  Reply &send(std::string bytes);
  /// So many bytes, made while they are sent.
  Reply &fill(std::uint64_t count, char byte = 'x');
  /// These bytes, so many at a time, with that time between.
  Reply &drip(std::string bytes, std::size_t at_a_time, std::chrono::milliseconds every);
  /// Nothing for that time.
  Reply &wait(std::chrono::milliseconds time);
  /// Nothing until the gate is open.
  Reply &wait(Gate gate);
  /// Goes on with what the function gives (called on the double's thread, where the client is still
  /// there).
  Reply &then(std::function<Reply()> next);

  /// The client sees ECONNRESET, after the bytes that it has got already. On TCP by a closed socket
  /// that does not linger. A unix socket knows no reset of its own: it is closed while a byte of
  /// the request is unread, for which Linux reports the same.
  Reply &reset();
  /// The client sees the end of the stream, and EPIPE where it sends more.
  Reply &close();
  /// The client sees the end of the stream, and what it sends is taken and ignored until it closes
  /// the connection itself.
  Reply &half_close();
  /// Nothing more until the client closes the connection.
  Reply &hang();

  /// Keeps the first so many bytes of what is sent so far.
  Reply &first(std::uint64_t count);
  /// How many bytes are sent so far.
  [[nodiscard]] std::uint64_t size() const;

  struct Send {
    std::string bytes;
  };
  struct Fill {
    std::uint64_t count;
    char byte;
  };
  struct Drip {
    std::string bytes;
    std::size_t at_a_time;
    std::chrono::milliseconds every;
  };
  struct Pause {
    std::chrono::milliseconds time;
  };
  struct Await {
    Gate gate;
  };
  struct Then {
    std::function<Reply()> next;
  };
  enum class End { reset, close, half_close, hang };
  using Step = std::variant<Send, Fill, Drip, Pause, Await, Then, End>;
  [[nodiscard]] const std::vector<Step> &steps() const noexcept { return steps_; }

private:
  std::vector<Step> steps_;
};

inline constexpr const char *kApiVersion = "1.41";

/// {"message": MESSAGE}, as an engine explains itself.
std::string message_body(std::string_view message);

/// The head of an answer with that Content-Length, and Api-Version.
std::string head(unsigned status, std::uint64_t length,
                 const std::string &api_version = kApiVersion);
/// The bytes of a well-formed answer. 204 and 304 have no body and say no length.
std::string http(unsigned status, const std::string &body,
                 const std::string &api_version = kApiVersion);
/// The same as a reply.
Reply answer(unsigned status, const std::string &body = {},
             const std::string &api_version = kApiVersion);
/// An engine's refusal: the status, and its message as JSON.
Reply refusal(unsigned status, std::string_view message,
              const std::string &api_version = kApiVersion);
/// 400, as an engine answers a path with a version that it does not know (any more).
Reply version_too_new(const std::string &asked, const std::string &newest);
Reply version_too_old(const std::string &asked, const std::string &oldest,
                      const std::string &newest);

/// An answer whose Content-Length is another than its body's.
Reply wrong_length(unsigned status, const std::string &body, std::uint64_t length);
/// A well-formed answer with so many bytes, which are never in memory together.
Reply huge(std::uint64_t length, char byte = 'x');
/// Bytes that are no HTTP.
Reply garbage();

/// The head of a chunked answer, a chunk, and the end of the chunks.
std::string chunked_head(unsigned status, const std::string &api_version = kApiVersion);
std::string chunk(std::string_view data);
inline constexpr const char *kLastChunk = "0\r\n\r\n";
/// A whole chunked answer.
Reply chunked(unsigned status, const std::vector<std::string> &chunks);
/// A chunked 200 that tells of a failure in its stream, as pull and load do.
Reply error_in_stream(const std::vector<std::string> &before, std::string_view message);
/// A chunked answer whose last chunk breaks off after so many bytes; then the step of your choice.
Reply cut_chunk(unsigned status, const std::string &data, std::size_t sent);

} // namespace mdocker::test
