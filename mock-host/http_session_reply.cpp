// SPDX-License-Identifier: Apache-2.0
//
// The second half of a connection's request: its reply, and what the connection does then.
#include "http_head.hpp"
#include "http_session.hpp"
#include "log.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>

#include <glog/logging.h>

#include <algorithm>

namespace mistify::mock_host {
namespace {

namespace net = boost::asio;

constexpr std::chrono::seconds kLinger{2};
/// Who loads an image reads no faster than an engine writes, and that may wait for its disk.
constexpr std::chrono::minutes kSlowReader{10};

/// A text for the log: on one line, and not longer than one wants to read.
std::string for_log(const std::string &text) {
  constexpr std::size_t kLongest = 512;
  const std::size_t end = text.find_last_not_of('\n') + 1; // npos + 1 is 0
  return escaped(std::string_view(text).substr(0, std::min(end, kLongest)));
}

} // namespace

void Session::reply(HttpReply reply) {
  pending_.reset();
  if (phase_ == Phase::closed)
    return log(reply, " (client gone)");
  log(reply, "");
  // Where its body has not been read, what comes next is no request.
  begin_write(std::move(reply),
              parser_->is_done() && parser_->keep_alive() && !owner_.draining && !end_of_input_);
}

void Session::log(const HttpReply &reply, const char *note) const {
  if (!log_enabled(LogLevel::info))
    return;
  const std::chrono::duration<double, std::milli> took = Clock::now() - began_;
  LOG(INFO) << (reply.subject.empty() ? "request" : for_log(reply.subject)) << ' ' << reply.status
            << ' ' << took.count() << " ms, trace " << trace_id_ << note
            << (reply.error.empty() ? "" : ": ") << for_log(reply.error);
}

void Session::begin_write(HttpReply reply, bool keep) {
  const bool http_1_1 = !parser_ || parser_->is_http_1_1();
  phase_ = Phase::writing;
  keep_ = keep;
  written_ = 0;
  head_ = reply_head(reply, {.http_1_1 = http_1_1, .keep_alive = keep, .trace_id = trace_id_});
  body_ = std::move(reply.body);
  file_.reset();
  if (parser_ && parser_->method() == "HEAD") // has the length of a body that is not sent
    body_.clear();
  else if (reply.file)
    file_.emplace(std::move(*reply.file));
  write();
}

void Session::write() {
  wait_for_client();
  set_deadline(owner_.limits.idle);
  // Most replies are taken at once, without a turn of the loop. Not where the next request waits:
  // it would be served from inside of this one.
  if (buffer_.size() == 0) {
    error_code failed;
    const std::size_t size = socket_.write_some(unwritten(), failed);
    if (failed != net::error::would_block)
      return on_written(failed, size);
  }
  socket_.async_write_some(unwritten(),
                           [self = shared_from_this()](const error_code &failed, std::size_t size) {
                             self->on_written(failed, size);
                           });
}

std::array<net::const_buffer, 2> Session::unwritten() const {
  const std::size_t of_head = std::min(written_, head_.size());
  return {net::buffer(head_) + of_head, net::buffer(body_) + (written_ - of_head)};
}

void Session::on_written(const error_code &failed, std::size_t size) {
  if (phase_ == Phase::closed)
    return;
  if (failed)
    return close();
  written_ += size;
  if (written_ < head_.size() + body_.size())
    return write();
  if (file_ && !file_->done())
    return write_file();
  after_write();
}

/// The next piece when the socket takes it: other connections have their turn between two.
void Session::write_file() {
  wait_for_client();
  set_deadline(std::max<std::chrono::milliseconds>(owner_.limits.idle, kSlowReader));
  socket_.async_wait(net::ip::tcp::socket::wait_write,
                     [self = shared_from_this()](error_code failed) {
                       if (self->phase_ == Phase::closed)
                         return;
                       if (!failed)
                         self->file_->send_some(self->socket_.native_handle(), failed);
                       self->on_written(failed, 0);
                     });
}

void Session::after_write() {
  body_ = std::string(); // idle connections hold little
  request_ = {};
  file_.reset();
  if (!keep_ || owner_.draining || end_of_input_)
    return linger();
  parser_.reset();
  phase_ = Phase::idle;
  wait_for_client();
  set_deadline(owner_.limits.idle);
  if (buffer_.size() > 0)
    parse();
  else
    read();
}

/// Ends the sending and reads on for a while: closing a socket with unread input would reset the
/// connection, and take the reply from a client that has not read it yet.
void Session::linger() {
  const bool all_read = parser_ && parser_->is_done() && buffer_.size() == 0;
  if (end_of_input_ || (owner_.draining && all_read))
    return close();
  phase_ = Phase::lingering;
  error_code ignored;
  socket_.shutdown(net::ip::tcp::socket::shutdown_send, ignored);
  set_deadline(std::min<std::chrono::milliseconds>(owner_.limits.idle, kLinger));
  if (!read_pending_) {
    buffer_.clear();
    read();
  }
}

} // namespace mistify::mock_host
