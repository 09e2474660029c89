// SPDX-License-Identifier: Apache-2.0
//
// A small blocking HTTP/1.1 client: to the host by TCP, to the engine by its unix socket. Every
// wait has an end, so that a hanging peer fails a test instead of holding it.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wire {

using Clock = std::chrono::steady_clock;
inline constexpr std::chrono::seconds kPatience{90};

/// A descriptor that is closed at the end.
class Fd {
public:
  explicit Fd(int fd = -1) noexcept : fd_(fd) {}
  ~Fd();
  Fd(Fd &&other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd &operator=(Fd &&other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  [[nodiscard]] int get() const noexcept { return fd_; }
  void reset() noexcept { Fd().swap(*this); }
  void swap(Fd &other) noexcept { std::swap(fd_, other.fd_); }

private:
  int fd_;
};

/// The peer did not answer in time, closed too early, or sent what is no HTTP.
class HttpError : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

struct HttpResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers; ///< Names in lower case.
  std::string body;

  /// The header's value, empty where it is missing.
  [[nodiscard]] std::string header(std::string_view name) const;
};

/// One connection, kept open between exchanges.
class Connection {
public:
  static Connection to_port(std::uint16_t port);
  static Connection to_socket(const std::filesystem::path &path);

  void send(std::string_view bytes);
  /// One response: its length by Content-Length, chunks, or the end of the connection.
  HttpResponse receive(std::chrono::milliseconds timeout = kPatience);
  /// Reads up to and including the text, wherever it comes.
  void await_text(std::string_view text, std::chrono::milliseconds timeout = kPatience);
  /// Whether nothing has come that nobody has taken.
  [[nodiscard]] bool is_quiet() const;
  /// True where the peer closes, and sends nothing before that.
  bool closed_by_peer(std::chrono::milliseconds timeout = kPatience);

private:
  explicit Connection(Fd fd) : fd_(std::move(fd)) {}
  bool fill(Clock::time_point until); ///< False at the end of the stream.
  std::string take_line(Clock::time_point until);
  std::string take(std::size_t count, Clock::time_point until);
  std::string take_chunks(Clock::time_point until);

  Fd fd_;
  std::string buffer_;
};

/// A request's text; Host, Connection-keeping and Content-Length (where there is a body) included.
std::string request_text(std::string_view method, std::string_view target,
                         std::string_view body = {}, const std::vector<std::string> &headers = {});

} // namespace wire
