// SPDX-License-Identifier: Apache-2.0
//
// One kept connection with one request on its way at most.
#pragma once

#include "event_loop.hpp"
#include "http_response.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace load {

/// Where the server listens: "unix:PATH" or "tcp:ADDRESS:PORT" (IPv4). Throws std::invalid_argument
/// where it is neither.
Descriptor connect_to(const std::string &target);

class Connection : public Watcher {
public:
  /// Called with each whole response; the body lives until it returns. It may send().
  using Done = std::function<void(Connection &connection, unsigned status, std::string_view body)>;

  Connection(EventLoop &loop, const std::string &target, Done done);

  /// Sends a whole request, which must outlive its answer.
  void send(std::string_view request);
  void ready(std::uint32_t events) override;

  /// For the owner: when its request was due.
  Clock::time_point due;

private:
  void write();
  void read();

  EventLoop &loop_;
  Descriptor socket_;
  Done done_;
  std::string_view out_;
  bool writing_ = false;
  bool waiting_ = false;
  ResponseReader response_;
};

} // namespace load
