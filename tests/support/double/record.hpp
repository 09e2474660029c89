// SPDX-License-Identifier: Apache-2.0
//
// What the double has seen. All of it [any thread].
#pragma once

#include "request.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <vector>

namespace mdocker::test {

/// The longest that a test waits for what must happen.
inline constexpr std::chrono::seconds kWaitLimit{20};

struct ConnectionSeen {
  std::size_t number = 0; ///< 1 is the first that was taken.
  bool tcp = false;
  std::chrono::steady_clock::time_point opened;
  std::optional<std::chrono::steady_clock::time_point> closed;
  bool closed_by_client = false; ///< It was the client that left, and not the double.
};

class Record {
public:
  std::size_t opened(bool tcp); ///< The connection's number.
  void closed(std::size_t connection, bool by_client);
  void add(const Request &request);

  [[nodiscard]] std::vector<Request> requests(bool with_pings) const;
  [[nodiscard]] std::vector<ConnectionSeen> connections() const;
  [[nodiscard]] std::size_t connection_count() const;
  [[nodiscard]] std::size_t open_connections() const;
  [[nodiscard]] std::size_t most_open_connections() const;

  /// Each returns whether it has come about within the limit.
  [[nodiscard]] bool wait_for_requests(std::size_t count, std::chrono::milliseconds limit) const;
  [[nodiscard]] bool wait_closed(std::size_t connection, std::chrono::milliseconds limit) const;
  [[nodiscard]] bool wait_open_at_most(std::size_t count, std::chrono::milliseconds limit) const;

private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<Request> requests_;
  std::size_t asked_ = 0; ///< Requests that are no pings.
  std::vector<ConnectionSeen> connections_;
  std::size_t open_ = 0;
  std::size_t most_open_ = 0;
};

} // namespace mdocker::test
