// SPDX-License-Identifier: Apache-2.0
#include "http_session.hpp"

#include "http_head.hpp"
#include "log.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/beast/http/error.hpp>

#include <glog/logging.h>

#include <algorithm>

#include <poll.h>
#include <sys/socket.h>

namespace mistify::mock_host {
namespace {

namespace net = boost::asio;
namespace http = boost::beast::http;

constexpr std::size_t kReadHead = 4096; // what a read asks for: an idle connection holds this
constexpr std::size_t kReadBody = 64U << 10U;
constexpr std::chrono::seconds kLinger{2};
/// Who loads an image reads no faster than an engine writes, and that may wait for its disk.
constexpr std::chrono::minutes kSlowReader{10};
constexpr std::chrono::milliseconds kHalfClosed{500}; // most replies are there before that
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

/// Writes an interim reply at once. The socket's buffer is empty whenever one is due, so that it is
/// taken whole; what is not taken whole is a connection that is of no more use.
bool send_continue(int descriptor) {
  const ssize_t sent =
      ::send(descriptor, kContinue.data(), kContinue.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  return sent == static_cast<ssize_t>(kContinue.size());
}

bool is_broken(int descriptor) {
  pollfd state{descriptor, 0, 0};
  return ::poll(&state, 1, 0) == 1 && (state.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
}

/// A text for the log: on one line, and not longer than one wants to read.
std::string for_log(const std::string &text) {
  constexpr std::size_t kLongest = 512;
  const std::size_t end = text.find_last_not_of('\n') + 1; // npos + 1 is 0
  return escaped(std::string_view(text).substr(0, std::min(end, kLongest)));
}

} // namespace

Session::Session(net::ip::tcp::socket socket, SessionOwner &owner)
    : socket_(std::move(socket)), timer_(socket_.get_executor()), owner_(owner),
      buffer_(owner.limits.header + kReadBody) {
  error_code ignored;
  socket_.non_blocking(true, ignored);
}

void Session::start() {
  set_deadline(owner_.limits.idle);
  read();
}

void Session::refuse() {
  reject(503,
         "too many connections, expected at most " + std::to_string(owner_.limits.connections));
}

void Session::drain() {
  if (phase_ == Phase::idle && buffer_.size() == 0)
    close();
}

void Session::close() {
  if (phase_ == Phase::closed)
    return;
  phase_ = Phase::closed;
  clear_deadline();
  timer_.cancel();
  error_code ignored;
  socket_.close(ignored);
  if (const auto pending = std::exchange(pending_, nullptr))
    pending->cancel();
  owner_.closed(*this);
}

// ---- reading

void Session::read() {
  if (read_pending_ || end_of_input_)
    return;
  read_pending_ = true;
  const std::size_t want = phase_ == Phase::reading && head_accepted_ ? kReadBody : kReadHead;
  socket_.async_read_some(buffer_.prepare(std::min(want, buffer_.max_size() - buffer_.size())),
                          [self = shared_from_this()](const error_code &failed, std::size_t size) {
                            self->on_read(failed, size);
                          });
}

void Session::on_read(const error_code &failed, std::size_t size) {
  read_pending_ = false;
  if (phase_ == Phase::closed)
    return;
  if (failed == net::error::eof) {
    end_of_input_ = true;
    return on_end_of_input();
  }
  if (failed)
    return close();
  buffer_.commit(size);
  if (phase_ == Phase::lingering) {
    buffer_.clear();
    read();
  } else if (phase_ == Phase::idle || phase_ == Phase::reading) {
    parse();
  } else if (phase_ == Phase::calling) {
    watch_client(); // the next request waits for its turn
  }
}

void Session::on_end_of_input() {
  switch (phase_) {
  case Phase::idle:
  case Phase::lingering:
    return close();
  case Phase::reading:
    return reject(400, "the request ends before it is complete");
  case Phase::calling:
    // A client that only ended its sending still wants the reply; one that is gone does not. Which
    // it is, is asked only where the reply is not there soon.
    set_deadline(kHalfClosed);
    return watch_client();
  case Phase::writing:
  case Phase::closed:
    break;
  }
}

void Session::parse() {
  if (!parser_) {
    // Empty lines between requests are tolerated (RFC 9112, section 2.2).
    while (buffer_.size() > 0) {
      const char first = *static_cast<const char *>(buffer_.data().data());
      if (first != '\r' && first != '\n')
        break;
      buffer_.consume(1);
    }
    if (buffer_.size() == 0)
      return read();
    phase_ = Phase::reading;
    head_accepted_ = false;
    set_deadline(owner_.limits.idle);
    parser_.emplace(owner_.limits.header, owner_.limits.body);
  }
  while (!parser_->is_done()) {
    error_code failed;
    const std::size_t used = buffer_.size() == 0
                                 ? 0
                                 : parser_->feed(static_cast<const char *>(buffer_.data().data()),
                                                 buffer_.size(), failed);
    buffer_.consume(used);
    if (failed && failed != http::error::need_more)
      return reject(failed);
    if (!head_accepted_ && parser_->is_header_done()) {
      if (!accept_head())
        return;
    } else if (failed || used == 0) {
      // What the parser leaves unused must grow into something; it has a limit for that.
      if (buffer_.size() >= owner_.limits.header)
        return reject(http::error::header_limit);
      return read();
    }
  }
  begin();
}

/// Decides on the head before the body is there. False: the request has been answered.
bool Session::accept_head() {
  head_accepted_ = true;
  const RequestParser::Fault fault = parser_->fault();
  if (fault.status != 0) {
    reject(fault.status, fault.text);
    return false;
  }
  if (parser_->expects_continue() && !parser_->is_done() && buffer_.size() == 0 &&
      !send_continue(socket_.native_handle())) {
    close();
    return false;
  }
  return true;
}

void Session::reject(const error_code &failed) {
  if (failed == http::error::header_limit)
    return reject(431, "request head is too long, expected at most " +
                           std::to_string(owner_.limits.header) + " bytes");
  if (failed == http::error::body_limit)
    return reject(413, "request body is too long, expected at most " +
                           std::to_string(owner_.limits.body) + " bytes");
  reject(400, "malformed HTTP request: " + failed.message());
}

/// Answers what is no request that the service could be handed, and ends the connection.
void Session::reject(unsigned status, const std::string &text) {
  HttpReply refusal = text_reply(status, text);
  trace_id_ = trace_id_for(parser_ ? std::string_view(parser_->request_id()) : "");
  began_ = Clock::now();
  log(refusal, "");
  begin_write(std::move(refusal), false);
}

// ---- the call

void Session::begin() {
  phase_ = Phase::calling;
  clear_deadline();
  began_ = Clock::now();
  trace_id_ = trace_id_for(parser_->request_id());
  HttpRequest request;
  request.method = parser_->method();
  request.path = parser_->path();
  request.content_type = parser_->content_type();
  request.trace_id = trace_id_;
  request.body = parser_->take_body();
  if (buffer_.size() == 0 && buffer_.capacity() > kReadHead)
    buffer_.shrink_to_fit();
  auto pending = owner_.service.begin(
      std::move(request), [self = shared_from_this()](HttpReply r) { self->reply(std::move(r)); });
  if (phase_ != Phase::calling)
    return; // answered already
  pending_ = std::move(pending);
  watch_client();
}

/// Sees to it that a client that leaves is noticed while its call runs. A pending read tells where
/// nothing is buffered; where something is, or the client has ended its sending, an error on the
/// socket does.
void Session::watch_client() {
  if (buffer_.size() == 0 && !end_of_input_)
    return read();
  if (watching_)
    return;
  watching_ = true;
  socket_.async_wait(net::ip::tcp::socket::wait_error,
                     [self = shared_from_this()](const error_code &failed) {
                       self->watching_ = false;
                       if (failed || self->phase_ != Phase::calling)
                         return;
                       if (is_broken(self->socket_.native_handle()))
                         self->on_lost_client();
                       else // urgent data; nobody here wants it
                         self->watch_client();
                     });
}

/// A client that ended its sending and one that is gone look alike until something is sent: the
/// kernel of one that is gone refuses it, which watch_client() sees. A client of HTTP/1.1 passes
/// over an interim reply (RFC 9110, section 15.2).
void Session::probe_client() {
  clear_deadline();
  if (parser_->is_http_1_1() && !send_continue(socket_.native_handle()))
    on_lost_client();
}

void Session::on_lost_client() {
  close();
}

void Session::reply(HttpReply reply) {
  pending_.reset();
  if (phase_ == Phase::closed)
    return log(reply, " (client gone)");
  log(reply, "");
  begin_write(std::move(reply), parser_->keep_alive() && !owner_.draining && !end_of_input_);
}

void Session::log(const HttpReply &reply, const char *note) const {
  if (!log_enabled(LogLevel::info))
    return;
  const std::chrono::duration<double, std::milli> took = Clock::now() - began_;
  LOG(INFO) << (reply.subject.empty() ? "request" : for_log(reply.subject)) << ' ' << reply.status
            << ' ' << took.count() << " ms, trace " << trace_id_ << note
            << (reply.error.empty() ? "" : ": ") << for_log(reply.error);
}

// ---- writing

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
  file_.reset();
  if (!keep_ || owner_.draining || end_of_input_)
    return linger();
  parser_.reset();
  phase_ = Phase::idle;
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

// ---- time

void Session::set_deadline(std::chrono::milliseconds from_now) {
  deadline_ = Clock::now() + from_now;
  // A timer that goes off early looks at the deadline again: one setting serves many requests.
  if (deadline_ < armed_)
    arm_timer();
}

void Session::arm_timer() {
  armed_ = deadline_;
  timer_.expires_at(armed_);
  timer_.async_wait([self = shared_from_this()](const error_code &failed) {
    if (failed || self->phase_ == Phase::closed)
      return;
    self->armed_ = Clock::time_point::max();
    self->on_timer();
  });
}

void Session::on_timer() {
  if (deadline_ == Clock::time_point::max())
    return;
  if (Clock::now() < deadline_)
    return arm_timer();
  if (phase_ == Phase::reading)
    reject(408, "the request was not complete after " + std::to_string(owner_.limits.idle.count()) +
                    " ms");
  else if (phase_ == Phase::calling)
    probe_client();
  else
    close();
}

} // namespace mistify::mock_host
