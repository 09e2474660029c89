// SPDX-License-Identifier: Apache-2.0
//
// The image service: where it is to be found now.
#pragma once

#include "service_address.hpp"

#include "../runtime/dns.hpp"
#include "../runtime/srv.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace mdocker::image {

namespace asio = boost::asio;

/// A server to ask for an image.
struct Target {
  std::string scheme; ///< "http" or "https".
  std::string host;   ///< A name or an address; without brackets for IPv6.
  std::uint16_t port = 0;
  std::string path; ///< What stands before "/images/..."; without a slash at its end.

  /// "http://HOST:PORT/PATH"; without the port where it is the scheme's own.
  [[nodiscard]] std::string base_url() const;
};

/// On the event loop only. Nobody waits any more when it, or the loop, is destroyed.
class Service {
public:
  using Deadline = runtime::Dns::Deadline;
  using Clock = std::function<std::chrono::steady_clock::time_point()>;

  struct Options {
    std::string resolver; ///< ADDRESS:PORT; empty for the system's.
    runtime::DnsPatience patience;
    Clock now = &std::chrono::steady_clock::now;
    runtime::Random random; ///< Where none is given, one with a seed of its own.
  };
  /// address outlives this.
  Service(const asio::any_io_executor &executor, const ServiceAddress &address, Options options);

  /// The servers, in the order in which to try them: the next one where a connection cannot be
  /// made. One at least. A name that was given without a port has been looked up, as far as what is
  /// known of it has outlived its TTL. Throws Error: unavailable where that fails or says that
  /// there is no service, timeout, cancelled.
  asio::awaitable<std::vector<Target>> targets(Deadline deadline);

  /// The target's addresses as CURLOPT_RESOLVE takes them, so that libcurl looks up nothing; empty
  /// where its host is an address. Throws Error (unavailable: try the next target).
  asio::awaitable<std::string> resolve(Target target, Deadline deadline);

private:
  asio::awaitable<void> look_up(Deadline deadline);
  [[nodiscard]] std::vector<Target> ordered() const;

  const ServiceAddress &address_;
  runtime::Dns dns_;
  Clock now_;
  runtime::Random random_;
  std::vector<runtime::SrvRecord> records_; ///< Known until kept_until_.
  std::chrono::steady_clock::time_point kept_until_ = std::chrono::steady_clock::time_point::min();
};

} // namespace mdocker::image
