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
/// waits, or comes later, gets the error thrown. The first failure stays.
class Pipe {
public:
  /// Called on the worker's thread when what the event loop was refused is there: room, or bytes.
  using Wake = std::function<void()>;

  Pipe(std::size_t capacity, Wake wake);
  Pipe(const Pipe &) = delete;
  Pipe &operator=(const Pipe &) = delete;

protected:
  ~Pipe() = default;

  // All of these with the lock held.
  void set_failed(std::exception_ptr why);
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
  /// [any thread]
  void fail(std::exception_ptr why);
  /// [the worker]
  std::string_view read() override;

private:
  std::size_t lent_ = 0;
};

/// From the worker to the event loop: the upload's. What comes last, and with it the mark by which
/// an engine knows that an archive is whole, stays in here until the worker closes it. Either that
/// comes first, or a failure: one of them, for whoever asks.
class Outflow final : public Pipe, public Sink {
public:
  /// So much of the end, which is more than an archive's end marker: what is short of it is no
  /// whole archive.
  static constexpr std::size_t kHeldBack = std::size_t{16} << 10U;

  /// The capacity is larger than what is held back.
  using Pipe::Pipe;

  /// [the worker]
  void write(std::string_view bytes) override;
  /// [the worker] That was all, and it is good. Throws where it has failed before.
  void close();
  /// [any thread] Whether it has failed, now or before. False: it was closed before, and goes on as
  /// if nothing had been.
  bool fail(std::exception_ptr why);
  /// [any thread] Whether it is too late to fail.
  [[nodiscard]] bool closed();
  /// [the loop] How many bytes there were; 0: wake is called when there are some, or at the end.
  std::size_t take(std::span<char> into);
  /// [the loop] Whether all has been taken, and there is no more to come.
  [[nodiscard]] bool ended();
  /// [the loop] Whether there is something to take; else wake is called when there is.
  [[nodiscard]] bool ready();

private:
  [[nodiscard]] std::size_t visible() const noexcept;
  [[nodiscard]] bool worth_a_wake() const noexcept;
};

} // namespace mdocker::image
