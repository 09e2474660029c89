// SPDX-License-Identifier: Apache-2.0
//
// A thread for work that blocks, begun with the first job and joined at the end.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace mdocker::network {

class Worker {
public:
  /// name: of the thread, at most 15 bytes.
  explicit Worker(const char *name) : name_(name) {}
  /// Does what was posted, then joins.
  ~Worker();
  Worker(const Worker &) = delete;
  Worker &operator=(const Worker &) = delete;

  /// Does a job when those before it are done, and resumes the caller where it was. What the job
  /// throws is thrown here. A job that has been asked for is done to its end, also where the caller
  /// is cancelled: then it is the next wait that fails.
  boost::asio::awaitable<void> run(std::function<void()> job);
  /// Does a job that nobody waits for; it must not throw.
  void post(std::function<void()> job);

private:
  void work();

  const char *name_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
  bool ending_ = false;
  std::thread thread_; ///< Inherits the loop's signal mask: all are blocked.
};

} // namespace mdocker::network
