// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http_types.hpp"
#include "settings.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace boost::asio {
class io_context;
}

namespace mistify::mock_host {

/// HTTP/1.1 and 1.0 on one address. All of it on the thread that runs the io_context.
class HttpServer {
public:
  HttpServer(boost::asio::io_context &io, Service &service, const Limits &limits);
  ~HttpServer();
  HttpServer(const HttpServer &) = delete;
  HttpServer &operator=(const HttpServer &) = delete;

  /// Begins to serve and returns the port. Throws RunError that names the address.
  std::uint16_t listen(const std::string &address, std::uint16_t port);

  /// Accepts no more, ends idle connections, and calls done when the last one has had its reply.
  void drain(std::function<void()> done);

  [[nodiscard]] std::size_t connections() const noexcept;

private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace mistify::mock_host
