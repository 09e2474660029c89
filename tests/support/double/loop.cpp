// SPDX-License-Identifier: Apache-2.0
#include "loop.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace mdocker::test {
namespace {

int checked(int result, const char *what) {
  if (result < 0)
    throw std::system_error(errno, std::generic_category(), what);
  return result;
}

} // namespace

Loop::Loop()
    : epoll_(checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      wake_(checked(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")) {
  add(wake_, EPOLLIN, [this](std::uint32_t) {
    std::uint64_t count = 0;
    while (::read(wake_, &count, sizeof count) > 0) {
    }
  });
}

Loop::~Loop() {
  ::close(wake_);
  ::close(epoll_);
}

void Loop::run() {
  std::array<epoll_event, 256> events{};
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      if (stopped_)
        return;
    }
    const int count =
        ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), time_left());
    for (int i = 0; i < count; ++i) {
      const epoll_event &event = events.at(static_cast<std::size_t>(i));
      const auto found = watched_.find(event.data.u64); // gone where an earlier event removed it
      if (found == watched_.end())
        continue;
      const OnEvents on_events = found->second; // it may remove itself
      on_events(event.events);
    }
    run_posted();
    run_timers();
  }
}

void Loop::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  wake();
}

void Loop::post(Call call) {
  {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(call));
  }
  wake();
}

void Loop::after(Clock::duration time, Call call) {
  post([this, due = Clock::now() + time, call = std::move(call)]() mutable {
    timers_.emplace(due, std::move(call));
  });
}

std::uint64_t Loop::add(int fd, std::uint32_t events, OnEvents on_events) {
  const std::uint64_t handle = ++last_handle_;
  epoll_event event{};
  event.events = events;
  event.data.u64 = handle;
  checked(::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
  watched_.emplace(handle, std::move(on_events));
  return handle;
}

void Loop::remove(int fd, std::uint64_t handle) {
  ::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
  watched_.erase(handle);
}

void Loop::wake() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_, &one, sizeof one);
}

void Loop::run_posted() {
  std::vector<Call> calls;
  {
    const std::lock_guard lock(mutex_);
    calls.swap(posted_);
  }
  for (const Call &call : calls)
    call();
}

void Loop::run_timers() {
  const auto now = Clock::now();
  while (!timers_.empty() && timers_.begin()->first <= now) {
    const Call call = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    call();
  }
}

int Loop::time_left() const {
  if (timers_.empty())
    return -1;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(timers_.begin()->first - Clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
}

} // namespace mdocker::test
