// SPDX-License-Identifier: Apache-2.0
#include "ovsdb_session.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace mdocker::network::ovsdb {
namespace {

constexpr std::size_t kMostUnsent = std::size_t{16} << 20U; // bytes that a server does not take

} // namespace

asio::awaitable<void> Session::connect(const std::string &path) {
  const asio::local::stream_protocol::endpoint server(path);
  co_await socket_.async_connect(server, asio::use_awaitable);
}

void Session::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

void Session::send(std::string_view text) {
  if (unsent_.size() + text.size() > kMostUnsent)
    throw ProtocolError("it takes nothing that it is sent");
  unsent_.append(text);
  if (sending_.empty())
    write();
}

void Session::write() {
  sending_.swap(unsent_);
  auto written = [self = shared_from_this()](const boost::system::error_code &error, std::size_t) {
    self->sending_.clear();
    if (error)
      self->close(); // who reads notices
    else if (!self->unsent_.empty())
      self->write();
  };
  asio::async_write(socket_, asio::buffer(sending_), std::move(written));
}

asio::awaitable<std::string> Session::receive() {
  for (;;) {
    if (std::optional<std::string> text = framer_.next())
      co_return std::move(*text);
    const std::size_t count =
        co_await socket_.async_read_some(asio::buffer(bytes_), asio::use_awaitable);
    framer_.add({bytes_.data(), count});
  }
}

} // namespace mdocker::network::ovsdb
