// SPDX-License-Identifier: Apache-2.0
#include "engine_double.hpp"

#include "connection.hpp"
#include "listener.hpp"
#include "loop.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <mutex>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <unordered_map>
#include <utility>

namespace mdocker::test {
namespace {

// Short, so that the socket's path fits.
std::filesystem::path make_folder() {
  std::string name = (std::filesystem::temp_directory_path() / "mdd-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr)
    throw std::system_error(errno, std::generic_category(), "temporary folder " + name);
  return name;
}

struct Folder {
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  std::filesystem::path path = make_folder();
};

// What a test may change while the engine runs.
struct Nature {
  std::string api_version = kApiVersion;
  std::string min_api_version = "1.12";
  std::string engine_version = "double";
  EngineDouble::Mood mood = EngineDouble::Mood::answers;
  EngineDouble::Mood ping_mood = EngineDouble::Mood::answers;
  EngineDouble::MaybeScript ping_script;
  EngineDouble::MaybeScript early_script;
  Gate changed; ///< Opened, and another one put in its place, when a mood changes.
};

Reply ping_reply(const Request &request, const Nature &nature) {
  if (request.path() == "/version")
    return answer(200,
                  R"({"Version":")" + nature.engine_version + R"(","ApiVersion":")" +
                      nature.api_version + R"(","MinAPIVersion":")" + nature.min_api_version +
                      R"("})",
                  nature.api_version);
  if (request.method == "HEAD")
    return Reply().send(head(200, 0, nature.api_version));
  return answer(200, "OK", nature.api_version);
}

} // namespace

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0)
    return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

class EngineDouble::Impl final : private Connection::Owner {
public:
  Impl(Script script, const Options &options)
      : script_(std::move(script)), unix_(folder_.path / "docker.sock") {
    raise_descriptor_limit();
    if (options.tcp)
      tcp_.emplace();
    listen(unix_);
    if (tcp_)
      listen(*tcp_);
    thread_ = std::thread([this] { loop_->run(); });
  }

  ~Impl() {
    loop_->stop();
    thread_.join();
  }
  Impl(const Impl &) = delete;
  Impl &operator=(const Impl &) = delete;

  [[nodiscard]] std::string socket_path() const { return folder_.path / "docker.sock"; }
  [[nodiscard]] std::uint16_t port() const noexcept { return tcp_ ? tcp_->port() : 0; }
  [[nodiscard]] const Record &record() const noexcept { return record_; }
  [[nodiscard]] Loop &loop() noexcept { return *loop_; }

  [[nodiscard]] Nature nature() const {
    const std::lock_guard lock(mutex_);
    return nature_;
  }
  void change(const std::function<void(Nature &)> &change) {
    Gate changed;
    {
      const std::lock_guard lock(mutex_);
      change(nature_);
      changed = std::exchange(nature_.changed, Gate());
    }
    changed.open();
  }

private:
  Connection::Owner &owner() noexcept { return *this; }

  void listen(const Listener &listener) {
    loop_->add(listener.fd(), EPOLLIN, [this, &listener](std::uint32_t) {
      for (int fd = listener.take(); fd >= 0; fd = listener.take())
        open(fd, listener.tcp());
    });
  }

  void open(int fd, bool tcp) {
    const std::size_t number = record_.opened(tcp);
    if (nature().mood == Mood::leaves) {
      record_.closed(number, false);
      ::close(fd);
      return;
    }
    const auto connection = std::make_shared<Connection>(loop_, fd, number, owner());
    connections_.emplace(number, connection);
    connection->begin();
  }

  void closed(std::size_t number, bool by_client) override {
    record_.closed(number, by_client);
    loop_->post([this, number] { connections_.erase(number); });
  }

  Reply reply(Request request) override {
    record_.add(request);
    return reply_in_mood(request);
  }

  std::optional<Reply> early_reply(const Request &head) override {
    const MaybeScript script = nature().early_script;
    return script ? script(head) : std::nullopt;
  }

  Reply reply_in_mood(const Request &request) {
    const Nature now = nature();
    const Mood mood = now.mood == Mood::answers && request.is_ping() ? now.ping_mood : now.mood;
    switch (mood) {
    case Mood::answers:
      return scripted(request, now);
    case Mood::silent:
      return Reply().wait(now.changed).then([this, request] { return reply_in_mood(request); });
    case Mood::closes:
    case Mood::leaves:
      break;
    }
    return Reply().close();
  }

  Reply scripted(const Request &request, const Nature &now) {
    try {
      if (!request.is_ping())
        return script_(request);
      if (now.ping_script)
        if (std::optional<Reply> reply = now.ping_script(request))
          return *std::move(reply);
      return ping_reply(request, now);
    } catch (const std::exception &error) {
      return refusal(500, std::string("the test's script: ") + error.what());
    }
  }

  Script script_;
  Folder folder_;
  Listener unix_;
  std::optional<Listener> tcp_;
  mutable std::mutex mutex_;
  Nature nature_;
  Record record_;
  std::shared_ptr<Loop> loop_ = std::make_shared<Loop>();
  std::unordered_map<std::size_t, std::shared_ptr<Connection>> connections_;
  std::thread thread_;
};

EngineDouble::EngineDouble(Script script, const Options &options)
    : impl_(std::make_unique<Impl>(std::move(script), options)) {}
EngineDouble::~EngineDouble() = default;

std::string EngineDouble::endpoint() const {
  return "unix://" + socket_path();
}
std::string EngineDouble::socket_path() const {
  return impl_->socket_path();
}
std::string EngineDouble::tcp_endpoint() const {
  return impl_->port() == 0 ? std::string() : "tcp://127.0.0.1:" + std::to_string(impl_->port());
}

void EngineDouble::set_api_version(const std::string &version) {
  impl_->change([&](Nature &nature) { nature.api_version = version; });
}
std::string EngineDouble::api_version() const {
  return impl_->nature().api_version;
}
void EngineDouble::set_min_api_version(const std::string &version) {
  impl_->change([&](Nature &nature) { nature.min_api_version = version; });
}
void EngineDouble::set_engine_version(const std::string &version) {
  impl_->change([&](Nature &nature) { nature.engine_version = version; });
}
void EngineDouble::set_mood(Mood mood) {
  impl_->change([&](Nature &nature) { nature.mood = mood; });
}
void EngineDouble::set_ping_mood(Mood mood) {
  impl_->change([&](Nature &nature) { nature.ping_mood = mood; });
}
void EngineDouble::set_ping_script(MaybeScript script) {
  impl_->change([&](Nature &nature) { nature.ping_script = std::move(script); });
}
void EngineDouble::set_early_script(MaybeScript script) {
  impl_->change([&](Nature &nature) { nature.early_script = std::move(script); });
}

void EngineDouble::after(std::chrono::milliseconds time, std::function<void()> call) {
  impl_->loop().after(time, std::move(call));
}

std::vector<Request> EngineDouble::requests() const {
  return impl_->record().requests(false);
}
std::vector<Request> EngineDouble::all_requests() const {
  return impl_->record().requests(true);
}
std::vector<std::string> EngineDouble::sent_lines() const {
  std::vector<std::string> out;
  const std::vector<Request> seen = requests();
  std::transform(seen.begin(), seen.end(), std::back_inserter(out),
                 [](const Request &request) { return request.sent_line(); });
  return out;
}
std::vector<std::string> EngineDouble::lines() const {
  std::vector<std::string> out;
  const std::vector<Request> seen = requests();
  std::transform(seen.begin(), seen.end(), std::back_inserter(out),
                 [](const Request &request) { return request.line(); });
  return out;
}

std::vector<ConnectionSeen> EngineDouble::connections() const {
  return impl_->record().connections();
}
std::size_t EngineDouble::connection_count() const {
  return impl_->record().connection_count();
}
std::size_t EngineDouble::open_connections() const {
  return impl_->record().open_connections();
}
std::size_t EngineDouble::most_open_connections() const {
  return impl_->record().most_open_connections();
}

bool EngineDouble::wait_for_requests(std::size_t count, std::chrono::milliseconds limit) const {
  return impl_->record().wait_for_requests(count, limit);
}
bool EngineDouble::wait_closed(std::size_t connection, std::chrono::milliseconds limit) const {
  return impl_->record().wait_closed(connection, limit);
}
bool EngineDouble::wait_open_at_most(std::size_t count, std::chrono::milliseconds limit) const {
  return impl_->record().wait_open_at_most(count, limit);
}

} // namespace mdocker::test
