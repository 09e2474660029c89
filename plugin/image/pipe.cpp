// SPDX-License-Identifier: Apache-2.0
#include "pipe.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace mdocker::image {

Pipe::Pipe(std::size_t capacity, Wake wake)
    : capacity_(capacity), wake_(std::move(wake)),
      ring_(std::make_unique_for_overwrite<char[]>(capacity)) {}

void Pipe::set_failed(std::exception_ptr why) {
  if (!failed_)
    failed_ = std::move(why);
  changed_.notify_all();
}

void Pipe::put(std::string_view bytes) noexcept {
  const std::size_t end = (begin_ + size_) % capacity_;
  const std::size_t first = std::min(bytes.size(), capacity_ - end);
  std::memcpy(ring_.get() + end, bytes.data(), first);
  std::memcpy(ring_.get(), bytes.data() + first, bytes.size() - first);
  size_ += bytes.size();
}

std::string_view Pipe::front() const noexcept {
  return {ring_.get() + begin_, std::min(size_, capacity_ - begin_)};
}

void Pipe::drop(std::size_t count) noexcept {
  begin_ = (begin_ + count) % capacity_;
  size_ -= count;
}

void Pipe::throw_if_failed() const {
  if (failed_)
    std::rethrow_exception(failed_);
}

bool Inflow::offer(std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  throw_if_failed();
  if (room() < bytes.size()) {
    loop_waits_ = true;
    return false;
  }
  const bool was_empty = size_ == 0;
  put(bytes);
  if (was_empty)
    changed_.notify_one();
  return true;
}

void Inflow::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_one();
}

void Inflow::fail(std::exception_ptr why) {
  const std::lock_guard lock(mutex_);
  set_failed(std::move(why));
}

std::string_view Inflow::read() {
  bool wake = false;
  std::string_view bytes;
  {
    std::unique_lock lock(mutex_);
    drop(std::exchange(lent_, 0));
    // What is lent now leaves as much room again, so that both sides work at once.
    if (loop_waits_ && room() >= capacity_ / 2)
      wake = std::exchange(loop_waits_, false);
    if (size_ == 0 && wake) { // not after the wait: nobody would end it
      lock.unlock();
      wake_();
      wake = false;
      lock.lock();
    }
    changed_.wait(lock, [this] { return size_ != 0 || closed_ || failed_; });
    throw_if_failed();
    bytes = front().substr(0, capacity_ / 4);
    lent_ = bytes.size();
  }
  if (wake)
    wake_();
  return bytes;
}

void Outflow::write(std::string_view bytes) {
  while (!bytes.empty()) {
    bool wake = false;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return room() != 0 || failed_; });
      throw_if_failed();
      const std::size_t count = std::min(room(), bytes.size());
      put(bytes.substr(0, count));
      bytes.remove_prefix(count);
      if (loop_waits_ && worth_a_wake()) {
        loop_waits_ = false;
        wake = true;
      }
    }
    if (wake)
      wake_();
  }
}

void Outflow::close() {
  {
    const std::lock_guard lock(mutex_);
    throw_if_failed();
    closed_ = true;
    loop_waits_ = false;
  }
  wake_();
}

bool Outflow::fail(std::exception_ptr why) {
  const std::lock_guard lock(mutex_);
  if (!closed_)
    set_failed(std::move(why));
  return !closed_;
}

bool Outflow::closed() {
  const std::lock_guard lock(mutex_);
  return closed_;
}

std::size_t Outflow::take(std::span<char> into) {
  const std::lock_guard lock(mutex_);
  throw_if_failed();
  const std::size_t count = std::min(into.size(), visible());
  for (std::size_t taken = 0; taken < count;) {
    const std::string_view bytes = front().substr(0, count - taken);
    std::memcpy(into.data() + taken, bytes.data(), bytes.size());
    drop(bytes.size());
    taken += bytes.size();
  }
  if (count == 0)
    loop_waits_ = true;
  else if (room() >= capacity_ / 2)
    changed_.notify_one();
  return count;
}

bool Outflow::ended() {
  const std::lock_guard lock(mutex_);
  return closed_ && size_ == 0;
}

bool Outflow::ready() {
  const std::lock_guard lock(mutex_);
  const bool is = visible() != 0 || closed_;
  loop_waits_ = !is;
  return is;
}

std::size_t Outflow::visible() const noexcept {
  if (closed_)
    return size_;
  return size_ - std::min(size_, kHeldBack);
}

bool Outflow::worth_a_wake() const noexcept {
  return visible() >= capacity_ / 8;
}

} // namespace mdocker::image
