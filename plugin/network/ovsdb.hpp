// SPDX-License-Identifier: Apache-2.0
//
// A client of the switch's database: one connection on the plugin's event loop, made when it is
// first needed and again when it is lost.
#pragma once

#include "driver.hpp"
#include "switch_rows.hpp"

#include "../error.hpp"

#include <memory>

namespace mdocker::network::ovsdb {

class Client {
public:
  Client(const asio::any_io_executor &executor, std::string path, const Log &log);
  ~Client();
  Client(const Client &) = delete;
  Client &operator=(const Client &) = delete;

  /// Tells of each change of rows() from now on, and connects, now and whenever that is needed.
  /// Replaces who was told before; with nobody it connects as it is asked.
  void watch(Driver::Told told);

  /// Whether rows() shows what the server has.
  [[nodiscard]] bool loaded() const noexcept;
  /// Throws Error, as ready() does, where it does not.
  void require_loaded() const;

  /// Ends the connection for good: whoever waits gets an Error.
  void close();

  /// Returns when the server answers and rows() shows all that it has committed before the call.
  /// Throws Error: unavailable where it does not answer within a few seconds, network where it
  /// speaks something else.
  asio::awaitable<void> ready(Deadline deadline);
  /// Valid after ready(), until the connection is lost: then it is empty.
  [[nodiscard]] const SwitchRows &rows() const noexcept;
  /// Waits until rows() has changed. False where the time is up before. Throws Error where the
  /// connection is lost.
  asio::awaitable<bool> change(Deadline until);

  /// Does operations (JSON, with commas between them) as one transaction, or none of them. When it
  /// returns rows() shows what they did. Throws Error where the answer does not come: whether they
  /// were done is then not known.
  asio::awaitable<Results> transact(std::string operations, Deadline deadline);

private:
  class Impl;
  std::shared_ptr<Impl> impl_; ///< Shared with what still waits for the socket.
};

} // namespace mdocker::network::ovsdb
