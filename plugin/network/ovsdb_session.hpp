// SPDX-License-Identifier: Apache-2.0
//
// One connection to the switch's database: text out, whole messages in.
#pragma once

#include "driver.hpp"
#include "ovsdb_wire.hpp"

#include <boost/asio/local/stream_protocol.hpp>

#include <array>

namespace mdocker::network::ovsdb {

/// Shared with the handlers of its socket.
class Session : public std::enable_shared_from_this<Session> {
public:
  explicit Session(const asio::any_io_executor &executor) : socket_(executor) {}

  /// Throws boost::system::system_error.
  asio::awaitable<void> connect(const std::string &path);
  /// Whoever reads gets an error.
  void close();

  /// Sends when what was sent before is out. Throws ProtocolError where the server has long taken
  /// nothing.
  void send(std::string_view text);
  /// The next message, as text. Throws boost::system::system_error where the connection ends,
  /// ProtocolError.
  asio::awaitable<std::string> receive();

private:
  void write();

  asio::local::stream_protocol::socket socket_;
  Framer framer_;
  std::array<char, std::size_t{32} << 10U> bytes_{};
  std::string unsent_, sending_;
};

} // namespace mdocker::network::ovsdb
