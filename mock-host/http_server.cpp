// SPDX-License-Identifier: Apache-2.0
#include "http_server.hpp"

#include "http_session.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>

#include <glog/logging.h>

#include <vector>

namespace mistify::mock_host {
namespace {

namespace net = boost::asio;
using net::ip::tcp;

/// Connections beyond the limit that are told so at one time; more are just closed.
constexpr std::size_t kRefusals = 64;
/// Until accepting is tried again where the process has no descriptor left.
constexpr std::chrono::milliseconds kRetry{100};

std::string shown(const tcp::endpoint &endpoint) {
  const std::string address = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + address + "]" : address) + ":" +
         std::to_string(endpoint.port());
}

} // namespace

class HttpServer::Impl : public SessionOwner {
public:
  Impl(net::io_context &io, Service &serves, const Limits &bounds)
      : SessionOwner(serves, bounds), io_(io), acceptor_(io), retry_(io) {}

  std::uint16_t listen(const std::string &address, std::uint16_t port) {
    const tcp::endpoint endpoint(net::ip::make_address(address), port);
    try {
      acceptor_.open(endpoint.protocol());
      acceptor_.set_option(net::socket_base::reuse_address(true));
      acceptor_.bind(endpoint);
      acceptor_.listen();
    } catch (const boost::system::system_error &error) {
      throw RunError("cannot listen on " + shown(endpoint) + ": " + error.code().message());
    }
    accept();
    return acceptor_.local_endpoint().port();
  }

  void drain(std::function<void()> done) {
    draining = true;
    drained_ = std::move(done);
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    retry_.cancel();
    std::vector<std::shared_ptr<Session>> open; // drain() may take them out of the lists
    open.reserve(connections());
    for (const Sessions *sessions : {&waiting, &calling, &refused})
      for (Session *session : *sessions)
        open.push_back(session->shared_from_this());
    for (const auto &session : open)
      session->drain();
    check_drained();
  }

  void closed() override { check_drained(); }

  [[nodiscard]] std::size_t connections() const noexcept {
    return waiting.size() + calling.size() + refused.size();
  }

private:
  void accept() {
    acceptor_.async_accept([this](const boost::system::error_code &failed, tcp::socket socket) {
      if (!acceptor_.is_open())
        return;
      if (failed)
        return on_accept_failed(failed);
      begin(std::move(socket));
      accept();
    });
  }

  void begin(tcp::socket socket) {
    make_room();
    const bool full = waiting.size() + calling.size() >= limits.connections;
    if (full && refused.size() >= kRefusals)
      return; // closes it
    boost::system::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    const auto session = std::make_shared<Session>(std::move(socket), *this);
    if (full)
      session->refuse();
    else
      session->start();
  }

  /// Where there is no place left, that of the client is free which has kept us waiting longest:
  /// those that only hold their connections open lock nobody out.
  void make_room() {
    if (waiting.size() + calling.size() >= limits.connections && !waiting.empty())
      waiting.front()->shared_from_this()->close();
  }

  void on_accept_failed(const boost::system::error_code &failed) {
    const bool exhausted = failed == net::error::no_descriptors ||
                           failed == boost::system::errc::too_many_files_open_in_system ||
                           failed == net::error::no_memory || failed == net::error::no_buffer_space;
    if (!exhausted) // of that one connection
      return accept();
    LOG(WARNING) << "cannot accept a connection: " << failed.message();
    retry_.expires_after(kRetry);
    retry_.async_wait([this](const boost::system::error_code &cancelled) {
      if (!cancelled && acceptor_.is_open())
        accept();
    });
  }

  void check_drained() {
    if (draining && connections() == 0 && drained_)
      net::post(io_, std::exchange(drained_, nullptr));
  }

  net::io_context &io_;
  tcp::acceptor acceptor_;
  net::steady_timer retry_;
  std::function<void()> drained_;
};

HttpServer::HttpServer(net::io_context &io, Service &service, const Limits &limits)
    : impl_(std::make_unique<Impl>(io, service, limits)) {}
HttpServer::~HttpServer() = default;

std::uint16_t HttpServer::listen(const std::string &address, std::uint16_t port) {
  return impl_->listen(address, port);
}
void HttpServer::drain(std::function<void()> done) {
  impl_->drain(std::move(done));
}
std::size_t HttpServer::connections() const noexcept {
  return impl_->connections();
}

} // namespace mistify::mock_host
