// SPDX-License-Identifier: Apache-2.0
//
// c-ares on the event loop: its sockets and its time are watched there.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <ares.h>

#include <chrono>
#include <memory>
#include <string>
#include <unordered_map>

namespace mdocker::runtime {

namespace asio = boost::asio;

/// How long a name server may take, and how often each is asked: the time doubles with each round.
struct DnsPatience {
  std::chrono::milliseconds first_try{2'000};
  int tries = 2;
};

class DnsChannel {
public:
  /// server is ADDRESS:PORT, or empty for those of the system. Throws Error (unavailable).
  DnsChannel(asio::any_io_executor executor, const std::string &server,
             const DnsPatience &patience);
  /// Ends the questions that are open, by ARES_EDESTRUCTION. Not inside of a callback.
  ~DnsChannel();
  DnsChannel(const DnsChannel &) = delete;
  DnsChannel &operator=(const DnsChannel &) = delete;

  /// Calls ask with the channel, to begin a question.
  template <class Ask> void begin(Ask ask) {
    ask(channel_);
    arm();
  }

private:
  struct Watch;

  void set_up(const std::string &server, const DnsPatience &patience, int flags);
  static void on_socket(void *self, ares_socket_t fd, int readable, int writable) noexcept;
  void watch(ares_socket_t fd, bool readable, bool writable);
  void wait(const std::shared_ptr<Watch> &watch, bool for_write);
  void process(ares_socket_t readable, ares_socket_t writable);
  void arm();

  asio::any_io_executor executor_;
  ares_channel channel_ = nullptr;
  asio::steady_timer timer_;
  std::unordered_map<ares_socket_t, std::shared_ptr<Watch>> watches_;
  std::shared_ptr<const void> alive_ = std::make_shared<char>();
};

} // namespace mdocker::runtime
