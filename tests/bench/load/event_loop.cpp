// SPDX-License-Identifier: Apache-2.0
#include "event_loop.hpp"

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

namespace load {
namespace {

constexpr int kStalledMs = 30000;

void control(int epoll, int operation, int fd, Watcher &watcher, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &watcher;
  if (epoll_ctl(epoll, operation, fd, &event) != 0)
    fail("epoll_ctl");
}

timespec to_timespec(std::chrono::nanoseconds time) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
  return {seconds.count(), (time - seconds).count()};
}

} // namespace

Descriptor &Descriptor::operator=(Descriptor &&other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

Descriptor::~Descriptor() {
  if (fd_ >= 0)
    close(fd_);
}

void fail(const char *what) {
  throw std::system_error(errno, std::generic_category(), what);
}

EventLoop::EventLoop() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  if (epoll_.get() < 0)
    fail("epoll_create1");
}

void EventLoop::add(int fd, Watcher &watcher) {
  control(epoll_.get(), EPOLL_CTL_ADD, fd, watcher, EPOLLIN);
}

void EventLoop::watch_writing(int fd, Watcher &watcher, bool writing) {
  const std::uint32_t events = writing ? EPOLLIN | EPOLLOUT : EPOLLIN;
  control(epoll_.get(), EPOLL_CTL_MOD, fd, watcher, events);
}

void EventLoop::run() {
  std::array<epoll_event, 64> events{};
  stopped_ = false;
  while (!stopped_) {
    const int count =
        epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), kStalledMs);
    if (count == 0)
      throw std::runtime_error("no answer within 30 s");
    if (count < 0 && errno != EINTR)
      fail("epoll_wait");
    for (int i = 0; i < count; ++i) {
      const epoll_event &event = events[static_cast<std::size_t>(i)];
      static_cast<Watcher *>(event.data.ptr)->ready(event.events);
    }
  }
}

Ticker::Ticker(EventLoop &loop)
    : timer_(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)) {
  if (timer_.get() < 0)
    fail("timerfd_create");
  loop.add(timer_.get(), *this);
}

void Ticker::start(std::chrono::nanoseconds period) {
  const itimerspec times{to_timespec(period), to_timespec(period)};
  if (timerfd_settime(timer_.get(), 0, &times, nullptr) != 0)
    fail("timerfd_settime");
}

void Ticker::stop() {
  start(std::chrono::nanoseconds(0));
}

void Ticker::ready(std::uint32_t) {
  std::uint64_t periods = 0;
  const ssize_t size = read(timer_.get(), &periods, sizeof periods);
  if (size < 0 && errno != EAGAIN)
    fail("read of a timer");
  if (size == sizeof periods)
    ticked(periods);
}

} // namespace load
