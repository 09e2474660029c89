// SPDX-License-Identifier: Apache-2.0
//
// One connection to the double: reads requests, and plays what the script replies. On the loop's
// thread only.
#pragma once

#include "loop.hpp"
#include "reply.hpp"
#include "request.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>

namespace mdocker::test {

class Connection : public std::enable_shared_from_this<Connection> {
public:
  /// What the connection asks and tells the double.
  class Owner {
  public:
    virtual Reply reply(Request request) = 0;
    /// The same before the body has come; nothing: it is waited for.
    virtual std::optional<Reply> early_reply(const Request &head) = 0;
    /// The connection is closed; it may be destroyed as soon as it has returned to the loop.
    virtual void closed(std::size_t number, bool by_client) = 0;

  protected:
    ~Owner() = default;
  };

  /// Owns the descriptor, which does not block. begin() is called once.
  Connection(const std::shared_ptr<Loop> &loop, int fd, std::size_t number, Owner &owner);
  ~Connection();
  Connection(const Connection &) = delete;
  Connection &operator=(const Connection &) = delete;
  void begin();

private:
  /// Whether there is more to be done at once.
  enum class Progress { more, blocked };

  void on_events(std::uint32_t events);
  void run();
  Progress read();
  void take(Request request);
  void take_early(const Request &head);
  Progress play(Reply::Send &step);
  Progress play(Reply::Fill &step);
  Progress play(Reply::Drip &step);
  Progress play(Reply::Pause &step);
  Progress play(Reply::Await &step);
  Progress play(Reply::Then &step);
  Progress play(Reply::End &step);
  Progress send(std::string_view bytes);
  Progress done();
  void proceed(std::deque<Reply::Step> steps);
  void resume(std::uint64_t waited_for);
  void take_held_byte();
  void close(bool by_client);

  std::weak_ptr<Loop> loop_;
  int fd_;
  std::size_t number_;
  Owner &owner_;
  std::uint64_t handle_ = 0;
  RequestReader reader_;
  /// The last byte that was read is still in the socket: see Reply::reset().
  bool held_ = false;
  std::deque<Reply::Step> steps_; ///< Of the request that is being answered.
  std::uint64_t sent_ = 0;        ///< Of the first step.
  std::uint64_t waits_ = 0;       ///< Tells a wait from the ones before.
  bool waiting_ = false;
  bool closed_ = false;
};

} // namespace mdocker::test
