// SPDX-License-Identifier: Apache-2.0
#include "record.hpp"

#include <algorithm>
#include <iterator>

namespace mdocker::test {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

std::size_t Record::opened(bool tcp) {
  const std::lock_guard lock(mutex_);
  ConnectionSeen &seen = connections_.emplace_back();
  seen.number = connections_.size();
  seen.tcp = tcp;
  seen.opened = steady_clock::now();
  most_open_ = std::max(most_open_, ++open_);
  changed_.notify_all();
  return seen.number;
}

void Record::closed(std::size_t connection, bool by_client) {
  const std::lock_guard lock(mutex_);
  ConnectionSeen &seen = connections_.at(connection - 1);
  seen.closed = steady_clock::now();
  seen.closed_by_client = by_client;
  --open_;
  changed_.notify_all();
}

void Record::add(const Request &request) {
  const std::lock_guard lock(mutex_);
  requests_.push_back(request);
  if (!request.is_ping())
    ++asked_;
  changed_.notify_all();
}

std::vector<Request> Record::requests(bool with_pings) const {
  const std::lock_guard lock(mutex_);
  std::vector<Request> out;
  std::copy_if(requests_.begin(), requests_.end(), std::back_inserter(out),
               [&](const Request &request) { return with_pings || !request.is_ping(); });
  return out;
}

std::vector<ConnectionSeen> Record::connections() const {
  const std::lock_guard lock(mutex_);
  return connections_;
}

std::size_t Record::connection_count() const {
  const std::lock_guard lock(mutex_);
  return connections_.size();
}

std::size_t Record::open_connections() const {
  const std::lock_guard lock(mutex_);
  return open_;
}

std::size_t Record::most_open_connections() const {
  const std::lock_guard lock(mutex_);
  return most_open_;
}

bool Record::wait_for_requests(std::size_t count, milliseconds limit) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, limit, [&] { return asked_ >= count; });
}

bool Record::wait_closed(std::size_t connection, milliseconds limit) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, limit, [&] {
    return connections_.size() >= connection && connections_[connection - 1].closed;
  });
}

bool Record::wait_open_at_most(std::size_t count, milliseconds limit) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, limit, [&] { return open_ <= count; });
}

} // namespace mdocker::test
