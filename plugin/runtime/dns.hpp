// SPDX-License-Identifier: Apache-2.0
//
// Names are looked up on the event loop: no thread, and a caller that is cancelled leaves at once.
#pragma once

#include "dns_channel.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mdocker::runtime {

/// On the event loop only. Nobody waits any more when it, or the loop, is destroyed.
class Dns {
public:
  using Deadline = std::chrono::steady_clock::time_point;

  /// server is ADDRESS:PORT, or empty for those of the system (as they are configured when it is
  /// asked, not when this is made).
  Dns(asio::any_io_executor executor, std::string server, const DnsPatience &patience);
  ~Dns();
  Dns(const Dns &) = delete;
  Dns &operator=(const Dns &) = delete;

  /// The reply of a name server to a question for SRV records, as it came; empty where the name or
  /// such a record does not exist. No search domains. Throws Error: unavailable where no server
  /// says the one or the other, timeout, cancelled.
  asio::awaitable<std::string> srv(std::string name, Deadline deadline);

  /// The addresses of a host, the hosts file first, in the order in which to try them; one at
  /// least. Throws the same.
  asio::awaitable<std::vector<std::string>> addresses(std::string host, Deadline deadline);

private:
  struct Question;
  using Shared = std::shared_ptr<Question>;
  class Waiter;
  using Begin = void (*)(ares_channel channel, const Shared &question);

  asio::awaitable<Shared> ask(std::string name, char type, Begin begin, Deadline deadline);
  [[nodiscard]] std::string failure(const std::string &name, const std::string &why) const;
  static void on_reply(void *question, int status, int timeouts, unsigned char *reply,
                       int length) noexcept;
  static void on_addresses(void *question, int status, int timeouts, ares_addrinfo *found) noexcept;

  asio::any_io_executor executor_;
  std::string server_;
  DnsPatience patience_;
  std::optional<DnsChannel> channel_; ///< While anybody waits.
  std::map<std::string, Shared> questions_;
  std::size_t waiters_ = 0;
};

} // namespace mdocker::runtime
