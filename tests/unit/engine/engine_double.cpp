// SPDX-License-Identifier: Apache-2.0
#include "engine_double.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace mdocker::test {
namespace {

std::filesystem::path make_folder() {
  std::string name = (std::filesystem::temp_directory_path() / "mdocker-double-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr)
    throw std::runtime_error("cannot make a temporary folder");
  return name;
}

// One request: the first line and the body; nullopt at the end of the connection.
class Requests {
public:
  explicit Requests(int fd) : fd_(fd) {}

  std::optional<std::pair<std::string, std::string>> next() {
    std::size_t end = std::string::npos;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos)
      if (!more())
        return std::nullopt;
    const std::string head = buffer_.substr(0, end + 2);
    buffer_.erase(0, end + 4);
    const std::size_t length = content_length(head);
    while (buffer_.size() < length)
      if (!more())
        return std::nullopt;
    std::string body = buffer_.substr(0, length);
    buffer_.erase(0, length);
    const std::string line = head.substr(0, head.find("\r\n"));
    return std::pair(line.substr(0, line.rfind(' ')), std::move(body));
  }

private:
  bool more() {
    char chunk[4096];
    const ssize_t got = ::read(fd_, chunk, sizeof chunk);
    if (got <= 0)
      return false;
    buffer_.append(chunk, static_cast<std::size_t>(got));
    return true;
  }
  static std::size_t content_length(const std::string &head) {
    const std::string name = "\r\nContent-Length: ";
    const std::size_t at = head.find(name);
    return at == std::string::npos ? 0 : std::stoul(head.substr(at + name.size()));
  }

  int fd_;
  std::string buffer_;
};

void send_all(int fd, const std::string &bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t n = ::send(fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (n <= 0)
      return; // the client left: what a test may want
    sent += static_cast<std::size_t>(n);
  }
}

} // namespace

std::string http(unsigned status, const std::string &body, const std::string &api_version) {
  return "HTTP/1.1 " + std::to_string(status) + " Text\r\nApi-Version: " + api_version +
         "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

EngineDouble::EngineDouble(Script script)
    : script_(std::move(script)), folder_(make_folder()), path_(folder_ / "docker.sock") {
  listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path_.string().copy(address.sun_path, sizeof address.sun_path - 1);
  if (listener_ < 0 ||
      ::bind(listener_, reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0 ||
      ::listen(listener_, SOMAXCONN) != 0)
    throw std::runtime_error("cannot listen on " + path_.string());
  acceptor_ = std::thread([this] { accept_all(); });
}

EngineDouble::~EngineDouble() {
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  {
    const std::lock_guard lock(mutex_);
    for (const int fd : open_)
      ::shutdown(fd, SHUT_RDWR);
  }
  for (std::thread &thread : threads_)
    thread.join();
  std::filesystem::remove_all(folder_);
}

void EngineDouble::accept_all() {
  for (;;) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0)
      return;
    ++connections_;
    const std::lock_guard lock(mutex_);
    open_.push_back(fd);
    threads_.emplace_back([this, fd] { serve(fd); });
  }
}

void EngineDouble::serve(int fd) {
  Requests requests(fd);
  while (auto request = requests.next()) {
    const Reply reply = answer(request->first, request->second);
    send_all(fd, reply.bytes);
    if (reply.hang)
      while (requests.next()) {
      }
    if (reply.close || reply.hang)
      break;
  }
  const std::lock_guard lock(mutex_);
  std::erase(open_, fd);
  ::close(fd);
}

Reply EngineDouble::answer(const std::string &line, const std::string &body) {
  const std::string version = api_version();
  if (line == "HEAD /_ping")
    return {"HTTP/1.1 200 OK\r\nApi-Version: " + version + "\r\nContent-Length: 0\r\n\r\n"};
  if (line == "GET /version")
    return {http(200,
                 R"({"Version":"double","ApiVersion":")" + version + R"(","MinAPIVersion":"1.24"})",
                 version)};
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(line);
  }
  ++count_;
  count_.notify_all();
  return script_(line, body);
}

std::vector<std::string> EngineDouble::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void EngineDouble::set_api_version(const std::string &version) {
  const std::lock_guard lock(mutex_);
  api_version_ = version;
}

std::string EngineDouble::api_version() const {
  const std::lock_guard lock(mutex_);
  return api_version_;
}

void EngineDouble::wait_for_requests(std::size_t count) const {
  for (std::size_t seen = count_; seen < count; seen = count_)
    count_.wait(seen);
}

} // namespace mdocker::test
