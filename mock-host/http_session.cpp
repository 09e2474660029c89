// SPDX-License-Identifier: Apache-2.0
#include "http_session.hpp"

#include "http_head.hpp"

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

} // namespace

Session::Session(net::ip::tcp::socket socket, SessionOwner &owner)
    : socket_(std::move(socket)), timer_(socket_.get_executor()), owner_(owner),
      list_(&owner.waiting), place_(list_->insert(list_->end(), this)),
      buffer_(owner.limits.header + kReadBody) {
  error_code ignored;
  socket_.non_blocking(true, ignored);
}

void Session::start() {
  wait_for_client();
  set_deadline(owner_.limits.idle);
  read();
}

void Session::refuse() {
  move_to(owner_.refused);
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
  list_->erase(place_);
  owner_.closed();
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
    wait_for_client();
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
  trace_id_ = trace_id_for(parser_->request_id());
  request_ = head_of_request();
  if (std::optional<HttpReply> refusal = owner_.service.refusal(request_)) {
    began_ = Clock::now();
    reply(std::move(*refusal));
    return false;
  }
  if (parser_->expects_continue() && !parser_->is_done() && buffer_.size() == 0 &&
      !send_continue(socket_.native_handle())) {
    close();
    return false;
  }
  return true;
}

HttpRequest Session::head_of_request() const {
  HttpRequest request;
  request.method = parser_->method();
  request.path = parser_->path();
  request.content_type = parser_->content_type();
  request.host = parser_->host();
  request.origin = parser_->origin();
  request.authorization = parser_->authorization();
  request.trace_id = trace_id_;
  return request;
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
  move_to(owner_.calling);
  clear_deadline();
  began_ = Clock::now();
  request_.body = parser_->take_body();
  if (buffer_.size() == 0 && buffer_.capacity() > kReadHead)
    buffer_.shrink_to_fit();
  auto pending =
      owner_.service.begin(std::exchange(request_, {}),
                           [self = shared_from_this()](HttpReply r) { self->reply(std::move(r)); });
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

// ---- who waits for whom

void Session::move_to(SessionOwner::Sessions &list) {
  list.splice(list.end(), *list_, place_);
  list_ = &list;
}

/// From now on.
void Session::wait_for_client() {
  if (list_ != &owner_.refused)
    move_to(owner_.waiting);
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
