// SPDX-License-Identifier: Apache-2.0
#include "fake_engine.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>

namespace wire {
namespace {

/// "/v1.41/info" is "/info".
std::string without_version(const std::string &target) {
  const auto slash = target.find('/', 1);
  return target.compare(0, 2, "/v") == 0 && target.size() > 2 && target[2] >= '0' &&
                 target[2] <= '9' && slash != std::string::npos
             ? target.substr(slash)
             : target;
}

/// Reads one request off the buffer; nothing where it is not complete.
std::optional<FakeEngine::Request> next_request(std::string &buffer) {
  const auto end = buffer.find("\r\n\r\n");
  if (end == std::string::npos)
    return std::nullopt;
  std::size_t body = 0;
  constexpr std::string_view kLength = "Content-Length: ";
  if (const auto found = buffer.find(kLength); found < end)
    std::from_chars(buffer.data() + found + kLength.size(), buffer.data() + end, body);
  if (buffer.size() < end + 4 + body)
    return std::nullopt;
  const auto first = buffer.find(' ');
  const auto second = buffer.find(' ', first + 1);
  FakeEngine::Request request{buffer.substr(0, first),
                              without_version(buffer.substr(first + 1, second - first - 1))};
  buffer.erase(0, end + 4 + body);
  return request;
}

std::string response_text(const FakeEngine::Request &request,
                          const FakeEngine::Response &response) {
  const bool bodiless = response.status == 204 || response.status == 304;
  std::string text =
      "HTTP/1.1 " + std::to_string(response.status) +
      " Fake\r\nApi-Version: 1.41\r\nOstype: linux\r\nContent-Type: application/json\r\n";
  if (!bodiless)
    text += "Content-Length: " + std::to_string(response.body.size()) + "\r\n";
  text += "\r\n";
  return bodiless || request.method == "HEAD" ? text : text + response.body;
}

} // namespace

FakeEngine::FakeEngine(Handler handler, Ping ping)
    : handler_(std::move(handler)), ping_(ping), socket_(dir_.path() / "engine.sock"),
      listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = socket_.string();
  std::memcpy(address.sun_path, name.data(), std::min(name.size(), sizeof address.sun_path - 1));
  if (::bind(listener_.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0 ||
      ::listen(listener_.get(), 64) != 0)
    throw std::system_error(errno, std::generic_category(), "listen at " + name);
  acceptor_ = std::thread([this] { accept_all(); });
}

FakeEngine::~FakeEngine() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    ::shutdown(listener_.get(), SHUT_RDWR);
    for (const int fd : open_)
      ::shutdown(fd, SHUT_RDWR);
  }
  acceptor_.join();
  for (std::thread &connection : connections_)
    connection.join();
}

std::vector<std::string> FakeEngine::seen() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

void FakeEngine::accept_all() {
  for (;;) {
    const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    const std::lock_guard lock(mutex_);
    if (fd < 0 || closing_) {
      Fd unwanted(fd);
      return;
    }
    open_.push_back(fd);
    connections_.emplace_back([this, fd] { serve(fd); });
  }
}

void FakeEngine::serve(int fd) {
  std::string buffer;
  char chunk[4096];
  for (ssize_t got = 0; (got = ::recv(fd, chunk, sizeof chunk, 0)) > 0;) {
    buffer.append(chunk, static_cast<std::size_t>(got));
    while (const auto request = next_request(buffer)) {
      const auto response = answer(*request);
      if (!response)
        continue; // silence: the next recv() waits for the peer's end
      const std::string text = response_text(*request, *response);
      ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    }
  }
  const std::lock_guard lock(mutex_);
  open_.erase(std::find(open_.begin(), open_.end(), fd));
  ::close(fd);
}

std::optional<FakeEngine::Response> FakeEngine::answer(const Request &request) {
  if (ping_ == Ping::silent)
    return std::nullopt;
  if (request.target == "/_ping")
    return Response{200, "OK"};
  if (request.target == "/version")
    return Response{200, R"({"Version":"20.10.24","ApiVersion":"1.41","MinAPIVersion":"1.12"})"};
  {
    const std::lock_guard lock(mutex_);
    seen_.push_back(request.method + " " + request.target);
  }
  return handler_(request);
}

} // namespace wire
