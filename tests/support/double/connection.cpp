// SPDX-License-Identifier: Apache-2.0
#include "connection.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace mdocker::test {

Connection::Connection(const std::shared_ptr<Loop> &loop, int fd, std::size_t number, Owner &owner)
    : loop_(loop), fd_(fd), number_(number), owner_(owner) {}

Connection::~Connection() {
  if (closed_)
    return;
  take_held_byte();
  ::close(fd_);
}

// Edge-triggered: one registration for all states, and a byte that stays unread wakes nobody.
void Connection::begin() {
  handle_ = loop_.lock()->add(fd_, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                              [self = weak_from_this()](std::uint32_t events) {
                                if (const auto connection = self.lock())
                                  connection->on_events(events);
                              });
}

// A client that has closed its side is gone, as for an engine. What it sent before counts.
void Connection::on_events(std::uint32_t events) {
  run();
  if (!closed_ && (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0)
    close(true);
}

void Connection::run() {
  try {
    while (!closed_) {
      Progress progress = Progress::more;
      if (!steps_.empty())
        progress = waiting_ ? Progress::blocked
                            : std::visit([this](auto &step) { return play(step); }, steps_.front());
      else if (std::optional<Request> request = reader_.next())
        take(*std::move(request));
      else if (const Request *begun = reader_.begun())
        take_early(*begun);
      else
        progress = read();
      if (progress == Progress::blocked)
        return;
    }
  } catch (const RequestReader::Malformed &error) {
    steps_.clear();
    send(http(400, message_body(error.what())));
    if (!closed_)
      close(false);
  }
}

Connection::Progress Connection::read() {
  if (reader_.wants_continue())
    send("HTTP/1.1 100 Continue\r\n\r\n");
  sent_ = 0;
  if (closed_)
    return Progress::blocked;
  take_held_byte();
  std::array<char, 65536> bytes{};
  const ssize_t got = ::recv(fd_, bytes.data(), bytes.size(), MSG_PEEK);
  if (got <= 0) {
    if (got == 0 || errno != EAGAIN)
      close(true);
    return Progress::blocked;
  }
  const auto count = static_cast<std::size_t>(got);
  reader_.feed({bytes.data(), count});
  if (count > 1)
    ::recv(fd_, bytes.data(), count - 1, 0);
  held_ = true;
  return Progress::more;
}

void Connection::take(Request request) {
  request.connection = number_;
  const Reply reply = owner_.reply(std::move(request));
  steps_.assign(reply.steps().begin(), reply.steps().end());
}

void Connection::take_early(const Request &head) {
  if (const std::optional<Reply> reply = owner_.early_reply(head))
    steps_.assign(reply->steps().begin(), reply->steps().end());
}

Connection::Progress Connection::play(Reply::Send &step) {
  return send(std::string_view(step.bytes).substr(sent_)) == Progress::blocked ? Progress::blocked
                                                                               : done();
}

Connection::Progress Connection::play(Reply::Fill &step) {
  std::array<char, 65536> block{};
  block.fill(step.byte);
  while (sent_ < step.count) {
    const std::uint64_t some = std::min<std::uint64_t>(block.size(), step.count - sent_);
    if (send({block.data(), static_cast<std::size_t>(some)}) == Progress::blocked)
      return Progress::blocked;
  }
  return done();
}

Connection::Progress Connection::play(Reply::Drip &step) {
  std::deque<Reply::Step> steps;
  steps.emplace_back(Reply::Send{step.bytes.substr(0, step.at_a_time)});
  if (step.bytes.size() > step.at_a_time) {
    steps.emplace_back(Reply::Pause{step.every});
    steps.emplace_back(Reply::Drip{step.bytes.substr(step.at_a_time), step.at_a_time, step.every});
  }
  proceed(std::move(steps));
  return Progress::more;
}

Connection::Progress Connection::play(Reply::Pause &step) {
  waiting_ = true;
  loop_.lock()->after(step.time, [self = weak_from_this(), wait = ++waits_] {
    if (const auto connection = self.lock())
      connection->resume(wait);
  });
  return Progress::blocked;
}

Connection::Progress Connection::play(Reply::Await &step) {
  waiting_ = true;
  // By way of the loop, whoever opens the gate, and also where that is after the double's end.
  step.gate.on_open([loop = loop_, self = weak_from_this(), wait = ++waits_] {
    if (const auto alive = loop.lock())
      alive->post([self, wait] {
        if (const auto connection = self.lock())
          connection->resume(wait);
      });
  });
  return Progress::blocked;
}

Connection::Progress Connection::play(Reply::Then &step) {
  const Reply reply = step.next();
  proceed({reply.steps().begin(), reply.steps().end()});
  return Progress::more;
}

Connection::Progress Connection::play(Reply::End &step) {
  switch (step) {
  case Reply::End::reset: {
    const linger at_once{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    held_ = false; // it stays where it is
    close(false);
    break;
  }
  case Reply::End::close:
    close(false);
    break;
  case Reply::End::half_close:
    ::shutdown(fd_, SHUT_WR);
    waiting_ = true;
    break;
  case Reply::End::hang:
    waiting_ = true;
    break;
  }
  return Progress::blocked;
}

Connection::Progress Connection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno != EAGAIN)
        close(true);
      return Progress::blocked;
    }
    sent_ += static_cast<std::uint64_t>(sent);
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return Progress::more;
}

// The first step is done.
Connection::Progress Connection::done() {
  steps_.pop_front();
  sent_ = 0;
  return Progress::more;
}

// Goes on with these steps in the place of the first.
void Connection::proceed(std::deque<Reply::Step> steps) {
  steps_.pop_front();
  sent_ = 0;
  steps_.insert(steps_.begin(), std::make_move_iterator(steps.begin()),
                std::make_move_iterator(steps.end()));
}

void Connection::resume(std::uint64_t waited_for) {
  if (closed_ || !waiting_ || waited_for != waits_)
    return;
  waiting_ = false;
  done();
  run();
}

void Connection::take_held_byte() {
  char byte = 0;
  if (std::exchange(held_, false))
    ::recv(fd_, &byte, 1, 0);
}

void Connection::close(bool by_client) {
  take_held_byte();
  closed_ = true;
  loop_.lock()->remove(fd_, handle_);
  owner_.closed(number_, by_client); // whoever sees the end finds it recorded
  ::close(fd_);
}

} // namespace mdocker::test
