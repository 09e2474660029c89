// SPDX-License-Identifier: Apache-2.0
//
// One thread, one epoll instance. Nothing here sleeps or polls.
#pragma once

#include <chrono>
#include <cstdint>
#include <utility>

namespace load {

using Clock = std::chrono::steady_clock;

/// Owns a file descriptor.
class Descriptor {
public:
  explicit Descriptor(int fd = -1) noexcept : fd_(fd) {}
  Descriptor(Descriptor &&other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor &operator=(Descriptor &&other) noexcept;
  ~Descriptor();
  [[nodiscard]] int get() const noexcept { return fd_; }

private:
  int fd_;
};

/// Throws std::system_error of errno, with what was tried.
[[noreturn]] void fail(const char *what);

/// What is told when a descriptor can be read or written.
class Watcher {
public:
  virtual ~Watcher() = default;
  virtual void ready(std::uint32_t events) = 0;
};

class EventLoop {
public:
  EventLoop();
  /// Watches for reading, and for writing too while that is asked for. The watcher stays in place
  /// until the descriptor is closed.
  void add(int fd, Watcher &watcher);
  void watch_writing(int fd, Watcher &watcher, bool writing);

  /// Dispatches until stop(). Throws std::runtime_error where nothing happens for 30 s.
  void run();
  void stop() noexcept { stopped_ = true; }

private:
  Descriptor epoll_;
  bool stopped_ = false;
};

/// Fires at a fixed rate, from its start on.
class Ticker : public Watcher {
public:
  explicit Ticker(EventLoop &loop);
  void start(std::chrono::nanoseconds period);
  void stop();
  void ready(std::uint32_t events) override;

protected:
  /// So many periods have passed since the last call.
  virtual void ticked(std::uint64_t periods) = 0;

private:
  Descriptor timer_;
};

} // namespace load
