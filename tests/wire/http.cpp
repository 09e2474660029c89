// SPDX-License-Identifier: Apache-2.0
#include "http.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>

namespace wire {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  });
  return out;
}

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos)
    return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t") - first + 1));
}

std::size_t number(std::string_view text, int base) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end == text.data())
    throw HttpError("no length: '" + std::string(text) + "'");
  return value;
}

Fd connected(int family, const sockaddr *address, socklen_t size, const std::string &name) {
  Fd fd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (fd.get() < 0 || ::connect(fd.get(), address, size) != 0)
    throw HttpError("connect to " + name + ": " +
                    std::error_code(errno, std::generic_category()).message());
  return fd;
}

} // namespace

Fd::~Fd() {
  if (fd_ >= 0)
    ::close(fd_);
}

std::string HttpResponse::header(std::string_view name) const {
  const auto found = std::find_if(headers.begin(), headers.end(),
                                  [&](const auto &header) { return header.first == name; });
  return found == headers.end() ? std::string() : found->second;
}

Connection Connection::to_port(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  Fd fd = connected(AF_INET, reinterpret_cast<const sockaddr *>(&address), sizeof address,
                    "port " + std::to_string(port));
  const int on = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return Connection(std::move(fd));
}

Connection Connection::to_socket(const std::filesystem::path &path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = path.string();
  if (name.size() >= sizeof address.sun_path)
    throw HttpError("socket path too long: " + name);
  std::memcpy(address.sun_path, name.data(), name.size());
  return Connection(
      connected(AF_UNIX, reinterpret_cast<const sockaddr *>(&address), sizeof address, name));
}

void Connection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0)
      throw HttpError("send: " + std::error_code(errno, std::generic_category()).message());
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool Connection::fill(Clock::time_point until) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
  pollfd waited{fd_.get(), POLLIN, 0};
  if (left <= 0 || ::poll(&waited, 1, static_cast<int>(left)) == 0)
    throw HttpError("no answer in time; so far: '" + buffer_.substr(0, 200) + "'");
  char chunk[16384];
  const ssize_t got = ::recv(fd_.get(), chunk, sizeof chunk, 0);
  if (got < 0)
    throw HttpError("receive: " + std::error_code(errno, std::generic_category()).message());
  buffer_.append(chunk, static_cast<std::size_t>(got));
  return got > 0;
}

std::string Connection::take_line(Clock::time_point until) {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n")) == std::string::npos)
    if (!fill(until))
      throw HttpError("closed inside a line: '" + buffer_ + "'");
  std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end + 2);
  return line;
}

std::string Connection::take(std::size_t count, Clock::time_point until) {
  while (buffer_.size() < count)
    if (!fill(until))
      throw HttpError("closed inside a body");
  std::string bytes = buffer_.substr(0, count);
  buffer_.erase(0, count);
  return bytes;
}

std::string Connection::take_chunks(Clock::time_point until) {
  std::string body;
  while (const std::size_t size = number(take_line(until), 16)) {
    body += take(size, until);
    take_line(until);
  }
  while (!take_line(until).empty()) { // trailers
  }
  return body;
}

HttpResponse Connection::receive(std::chrono::milliseconds timeout) {
  const auto until = Clock::now() + timeout;
  HttpResponse response;
  do {
    response = {};
    const std::string status = take_line(until);
    if (status.compare(0, 7, "HTTP/1.") != 0 || status.size() < 12)
      throw HttpError("no status line: '" + status + "'");
    response.status = static_cast<int>(number(std::string_view(status).substr(9, 3), 10));
    for (std::string line = take_line(until); !line.empty(); line = take_line(until)) {
      const auto colon = line.find(':');
      if (colon == std::string::npos)
        throw HttpError("no header: '" + line + "'");
      response.headers.emplace_back(lower(line.substr(0, colon)), trimmed(line.substr(colon + 1)));
    }
  } while (response.status == 100);
  if (response.status == 204 || response.status == 304)
    return response;
  if (lower(response.header("transfer-encoding")) == "chunked") {
    response.body = take_chunks(until);
  } else if (const std::string length = response.header("content-length"); !length.empty()) {
    response.body = take(number(length, 10), until);
  } else {
    while (fill(until)) {
    }
    response.body.swap(buffer_);
  }
  return response;
}

void Connection::await_text(std::string_view text, std::chrono::milliseconds timeout) {
  const auto until = Clock::now() + timeout;
  std::size_t found = 0;
  while ((found = buffer_.find(text)) == std::string::npos)
    if (!fill(until))
      throw HttpError("closed before '" + std::string(text) + "' came");
  buffer_.erase(0, found + text.size());
}

bool Connection::is_quiet() const {
  pollfd now{fd_.get(), POLLIN, 0};
  return buffer_.empty() && ::poll(&now, 1, 0) == 0;
}

bool Connection::closed_by_peer(std::chrono::milliseconds timeout) {
  return buffer_.empty() && !fill(Clock::now() + timeout);
}

std::string request_text(std::string_view method, std::string_view target, std::string_view body,
                         const std::vector<std::string> &headers) {
  std::string text;
  text.append(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: localhost\r\n");
  for (const std::string &header : headers)
    text.append(header).append("\r\n");
  if (!body.empty())
    text.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
  return text.append("\r\n").append(body);
}

} // namespace wire
