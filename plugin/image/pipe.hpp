// SPDX-License-Identifier: Apache-2.0
//
// Bytes between the event loop, which never waits, and a worker thread, which does: a ring of a
// fixed size. What one side is too fast for the other stays with it, so that a slow engine slows
// the download.
#pragma once

#include "stream.hpp"

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>

namespace mdocker::image {

/// What both directions have in common. The writer closes, and either side may fail it: whoever
/// waits, or comes later, gets the error thrown.
class Pipe {
public:
  /// Called on the worker's thread when what the event loop was refused is there: room, or bytes.
  using Wake = std::function<void()>;

  Pipe(std::size_t capacity, Wake wake);
  Pipe(const Pipe &) = delete;
  Pipe &operator=(const Pipe &) = delete;

  /// [any thread] The first failure stays.
  void fail(std::exception_ptr why);

protected:
  ~Pipe() = default;

  // All of these with the lock held.
  [[nodiscard]] std::size_t room() const noexcept { return capacity_ - size_; }
  void put(std::string_view bytes) noexcept;
  [[nodiscard]] std::string_view front() const noexcept;
  void drop(std::size_t count) noexcept;
  void throw_if_failed() const;

  const std::size_t capacity_;
  const Wake wake_;
  std::mutex mutex_;
  std::condition_variable changed_; // for the worker
  std::size_t size_ = 0;
  bool closed_ = false;
  bool loop_waits_ = false;
  std::exception_ptr failed_;

private:
  const std::unique_ptr<char[]> ring_;
  std::size_t begin_ = 0;
};

/// From the event loop to the worker: the download's.
class Inflow final : public Pipe, public Source {
public:
  using Pipe::Pipe;

  /// [the loop] All of the bytes or none; none: wake is called when there is room. They are fewer
  /// than half of the capacity.
  bool offer(std::string_view bytes);
  /// [the loop] That was all.
  void close();
  /// [the worker]
  std::string_view read() override;

private:
  std::size_t lent_ = 0;
};

/// From the worker to the event loop: the upload's.
class Outflow final : public Pipe, public Sink {
public:
  using Pipe::Pipe;

  /// [the worker]
  void write(std::string_view bytes) override;
  /// [the worker] That was all.
  void close();
  /// [the loop] How many bytes there were; 0: wake is called when there are some, or at the end.
  std::size_t take(std::span<char> into);
  /// [the loop] Whether all has been taken, and there is no more to come.
  [[nodiscard]] bool ended();
  /// [the loop] Whether there is something to take; else wake is called when there is.
  [[nodiscard]] bool ready();

private:
  [[nodiscard]] bool worth_a_wake() const noexcept;
};

} // namespace mdocker::image
