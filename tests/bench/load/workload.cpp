// SPDX-License-Identifier: Apache-2.0
#include "workload.hpp"

#include "json.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace load {

using namespace mistify;

std::string http_request(std::string_view path, std::string_view body) {
  std::string request(body.empty() ? "GET " : "POST ");
  request.append(path).append(" HTTP/1.1\r\nHost: localhost\r\n");
  if (!body.empty())
    request.append("Content-Type: application/json\r\nContent-Length: ")
        .append(std::to_string(body.size()))
        .append("\r\n");
  return request.append("\r\n").append(body);
}

Phase Workload::run(std::chrono::nanoseconds duration) {
  phase_ = {};
  phase_.latencies.reserve(1U << 18U);
  checked_ = false;
  const Clock::time_point start = Clock::now();
  end_ = start + duration;
  begin();
  loop_.run();
  phase_.elapsed = Clock::now() - start;
  return std::move(phase_);
}

void Workload::connect(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    connections_.push_back(std::make_unique<Connection>(
        loop_, target_, [this](Connection &connection, unsigned status, std::string_view body) {
          answered(connection, status, body);
        }));
}

void Workload::check(unsigned status, std::string_view body) {
  const auto unexpected = [&](const std::string &what) {
    throw std::runtime_error("an answer with " + what + ": " + std::to_string(status) + " " +
                             json::quoted(body.substr(0, 300)));
  };
  if (status != expected_.status)
    unexpected("another status than " + std::to_string(expected_.status));
  if (!std::exchange(checked_, true) && body.find(expected_.contains) == std::string_view::npos)
    unexpected("no " + json::quoted(expected_.contains));
}

ClosedLoop::ClosedLoop(const std::string &target, Expectation expected, std::size_t connections,
                       std::string request)
    : Workload(target, std::move(expected)), request_(std::move(request)) {
  connect(connections);
}

void ClosedLoop::begin() {
  asking_ = connections_.size();
  for (const auto &connection : connections_) {
    connection->due = Clock::now();
    connection->send(request_);
  }
}

void ClosedLoop::answered(Connection &connection, unsigned status, std::string_view body) {
  const Clock::time_point now = Clock::now();
  record(connection.due, now);
  check(status, body);
  if (now < end()) {
    connection.due = now;
    connection.send(request_);
  } else if (--asking_ == 0) {
    loop_.stop();
  }
}

OpenLoop::OpenLoop(const std::string &target, Expectation expected, std::size_t connections,
                   std::string request, double rate)
    : Workload(target, std::move(expected)), request_(std::move(request)),
      period_(static_cast<std::int64_t>(1e9 / rate)), schedule_(loop_, *this) {
  connect(connections);
}

void OpenLoop::begin() {
  idle_.clear();
  for (const auto &connection : connections_)
    idle_.push_back(connection.get());
  next_ = Clock::now();
  ticking_ = true;
  schedule_.start(period_);
}

void OpenLoop::ticked(std::uint64_t periods) {
  for (; periods != 0 && ticking_; --periods) {
    next_ += period_;
    if (next_ < end()) {
      due_.push_back(next_);
    } else {
      ticking_ = false;
      schedule_.stop();
    }
  }
  ask();
}

void OpenLoop::ask() {
  while (!idle_.empty() && !due_.empty()) {
    Connection &connection = *idle_.back();
    idle_.pop_back();
    connection.due = due_.front();
    due_.pop_front();
    connection.send(request_);
  }
  if (!ticking_ && idle_.size() == connections_.size())
    loop_.stop();
}

void OpenLoop::answered(Connection &connection, unsigned status, std::string_view body) {
  record(connection.due, Clock::now());
  check(status, body);
  idle_.push_back(&connection);
  ask();
}

ListThenEach::ListThenEach(const std::string &target, Expectation expected, std::size_t in_flight,
                           const std::string &list_path, std::string each_path)
    : Workload(target, std::move(expected)), list_request_(http_request(list_path, "")),
      each_path_(std::move(each_path)) {
  if (each_path_.find('%') == std::string::npos)
    throw std::invalid_argument(each_path_ + ": expected a % in the path of each");
  connect(in_flight);
}

void ListThenEach::begin() {
  list();
}

void ListThenEach::list() {
  begun_ = Clock::now();
  listing_ = true;
  connections_.front()->send(list_request_);
}

void ListThenEach::answered(Connection &connection, unsigned status, std::string_view body) {
  check(status, body);
  if (std::exchange(listing_, false))
    take(body);
  else if (--missing_ != 0)
    ask_next(connection);
  if (missing_ != 0)
    return;
  const Clock::time_point now = Clock::now();
  record(begun_, now);
  if (now < end())
    list();
  else
    loop_.stop();
}

void ListThenEach::take(std::string_view body) {
  const std::size_t mark = each_path_.find('%');
  requests_.clear();
  for (const json::Value &element : json::elements(body)) {
    const json::Members members = json::members(element.raw);
    const json::Value *id = json::find(members, "Id");
    if (id == nullptr || id->kind != json::Kind::string)
      throw std::runtime_error("an element without an Id in the list");
    requests_.push_back(
        http_request(std::string(each_path_).replace(mark, 1, json::text(*id)), ""));
  }
  next_ = 0;
  missing_ = requests_.size();
  for (const auto &connection : connections_)
    ask_next(*connection);
}

void ListThenEach::ask_next(Connection &connection) {
  if (next_ < requests_.size())
    connection.send(requests_[next_++]);
}

} // namespace load
