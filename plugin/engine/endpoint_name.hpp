// SPDX-License-Identifier: Apache-2.0
//
// The address of an engine that is given by name.
#pragma once

#include "endpoint.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <string>

namespace mdocker::engine {

namespace asio = boost::asio;

/// Looks an endpoint's name up, and keeps what it found for a while. libcurl's own resolver would
/// start a thread for each look-up, Asio's has one. On the event loop only.
class EndpointName {
public:
  /// endpoint outlives this.
  EndpointName(const asio::any_io_executor &executor, const Endpoint &endpoint);

  /// Whether there is anything to look up.
  [[nodiscard]] bool is_name() const noexcept { return named_; }

  /// The addresses as CURLOPT_RESOLVE takes them. Throws Error (unavailable). A look-up cannot be
  /// broken off: a call that waits for a silent name server is ended by the host.
  asio::awaitable<std::string> resolve();

  /// What was found last; may be empty.
  [[nodiscard]] const std::string &last() const noexcept { return found_; }
  /// It did not serve: the next one looks again.
  void forget() noexcept { found_.clear(); }

private:
  const Endpoint &endpoint_;
  asio::ip::tcp::resolver resolver_;
  bool named_;
  std::string found_;
  std::chrono::steady_clock::time_point kept_until_;
};

} // namespace mdocker::engine
