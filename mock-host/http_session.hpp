// SPDX-License-Identifier: Apache-2.0
//
// One connection. A request at a time: read, hand to the service, write the reply; what the client
// sends meanwhile waits in its socket. All of it on the server's thread.
#pragma once

#include "file_sender.hpp"
#include "http_types.hpp"
#include "request_parser.hpp"
#include "settings.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <array>
#include <chrono>
#include <list>
#include <memory>
#include <optional>
#include <string>

namespace mistify::mock_host {

class Session;

/// What all connections of a server share.
class SessionOwner {
public:
  SessionOwner(Service &serves, const Limits &bounds) : service(serves), limits(bounds) {}
  SessionOwner(const SessionOwner &) = delete;
  SessionOwner &operator=(const SessionOwner &) = delete;
  virtual ~SessionOwner() = default;
  /// A connection is closed.
  virtual void closed() = 0;

  using Sessions = std::list<Session *>;
  Sessions waiting; ///< For their clients, to send or to take something: the longest wait first.
  Sessions calling; ///< Their clients wait for us.
  Sessions refused; ///< Beyond the limit, as long as they are told so.

  Service &service;
  const Limits &limits;
  bool draining = false; ///< Each connection ends with the reply that it owes.
};

class Session : public std::enable_shared_from_this<Session> {
public:
  Session(boost::asio::ip::tcp::socket socket, SessionOwner &owner);

  void start();
  /// Instead of start(): answers 503 and ends.
  void refuse();
  /// Ends a connection that owes nothing; others end after their reply.
  void drain();
  /// Ends the connection now; what it waits for is cancelled.
  void close();

private:
  using Clock = std::chrono::steady_clock;
  using error_code = boost::system::error_code;
  enum class Phase { idle, reading, calling, writing, lingering, closed };

  void read();
  void on_read(const error_code &failed, std::size_t size);
  void on_end_of_input();
  void parse();
  bool accept_head();
  [[nodiscard]] HttpRequest head_of_request() const;
  void reject(const error_code &failed);
  void reject(unsigned status, const std::string &text);
  void begin();
  void watch_client();
  void probe_client();
  void on_lost_client();
  void reply(HttpReply reply);
  void begin_write(HttpReply reply, bool keep);
  void write();
  [[nodiscard]] std::array<boost::asio::const_buffer, 2> unwritten() const;
  void on_written(const error_code &failed, std::size_t size);
  void write_file();
  void after_write();
  void linger();
  void log(const HttpReply &reply, const char *note) const;

  void move_to(SessionOwner::Sessions &list);
  void wait_for_client();
  void set_deadline(std::chrono::milliseconds from_now);
  void clear_deadline() { deadline_ = Clock::time_point::max(); }
  void arm_timer();
  void on_timer();

  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer timer_;
  SessionOwner &owner_;
  SessionOwner::Sessions *list_; // of the owner's, the one that this is in
  SessionOwner::Sessions::iterator place_;
  boost::beast::flat_buffer buffer_;
  std::optional<RequestParser> parser_;
  HttpRequest request_; // from its head's end to its body's
  std::shared_ptr<PendingRequest> pending_;
  Phase phase_ = Phase::idle;
  Clock::time_point deadline_ = Clock::time_point::max();
  Clock::time_point armed_ = Clock::time_point::max(); // what the timer is set to, max: it is not
  Clock::time_point began_{};                          // the request, for the log
  std::string trace_id_;
  std::string head_;
  std::string body_;
  std::optional<FileSender> file_; // follows the head
  std::size_t written_ = 0;
  bool read_pending_ = false;
  bool watching_ = false;
  bool end_of_input_ = false;
  bool head_accepted_ = false;
  bool keep_ = false;
};

} // namespace mistify::mock_host
