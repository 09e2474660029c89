// SPDX-License-Identifier: Apache-2.0
//
// The requests to the switch's database that wait for their replies, which may come in any order.
#pragma once

#include "driver.hpp"
#include "ovsdb_wire.hpp"

#include "../error.hpp"

#include <boost/asio/steady_timer.hpp>

namespace mdocker::network::ovsdb {

class Requests {
public:
  explicit Requests(asio::any_io_executor executor) : executor_(std::move(executor)) {}

  /// The id of a new request.
  std::uint64_t new_id() noexcept { return ++last_id_; }
  /// Waits for the whole reply to a request that has just been sent; nothing where the time is up
  /// before. Throws Error: what fail_all() was told, what the server refused with, or cancelled.
  asio::awaitable<std::optional<std::string>> reply(std::uint64_t id, Deadline until);

  /// Hands a reply over to whoever waits for it. Throws ProtocolError for one to a request that was
  /// never sent.
  void take(const Message &reply, std::string text);
  /// No reply will come any more.
  void fail_all(const Error &failure);

private:
  /// Lives in the coroutine that waits; cancelling the timer wakes it.
  struct Pending {
    asio::steady_timer timer;
    std::optional<std::string> text = {};
    std::optional<Error> failure = {};
  };
  class Registered;

  asio::any_io_executor executor_;
  std::uint64_t last_id_ = 0;
  std::map<std::uint64_t, Pending *> pending_;
};

/// Of a call that nobody waits for any more.
Error cancelled();
bool is_cancelled(const asio::cancellation_state &state) noexcept;

/// The text of a request. params: a JSON array.
std::string request_text(std::uint64_t id, std::string_view method, std::string_view params);

} // namespace mdocker::network::ovsdb
