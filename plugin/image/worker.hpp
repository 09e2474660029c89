// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "checksum.hpp"
#include "pipe.hpp"
#include "rewrite.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <exception>
#include <functional>
#include <thread>

namespace mdocker::image {

/// Rewrites one archive on a thread of its own, which ends with it. How many there are at a time is
/// for the caller to limit.
class Worker {
public:
  /// [the loop] Either the result or what was thrown.
  using Done = std::function<void(std::exception_ptr, const Result &)>;

  /// Begins. The checksum is that of the bytes as they come in. The pipes outlive it, and the outer
  /// one is closed where all was found good; done is called on the executor, once. Throws
  /// std::system_error where there is no thread to be had.
  Worker(const boost::asio::any_io_executor &executor, Inflow &in, Outflow &out, Checksum checksum,
         Options options, Done done);
  /// The thread has called for done, or the pipes were failed: it is waited for.
  ~Worker();
  Worker(const Worker &) = delete;
  Worker &operator=(const Worker &) = delete;

private:
  std::thread thread_;
};

} // namespace mdocker::image
