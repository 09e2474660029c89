// SPDX-License-Identifier: Apache-2.0
//
// What is asked of the server, and when.
#pragma once

#include "connection.hpp"
#include "event_loop.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace load {

/// A whole HTTP/1.1 request. An empty body makes it a GET, another a POST of JSON.
std::string http_request(std::string_view path, std::string_view body);

/// What every answer has to be.
struct Expectation {
  unsigned status = 200;
  std::string contains; ///< Looked for in the first answer of each phase: it costs time.
};

/// What one phase came to.
struct Phase {
  std::chrono::nanoseconds elapsed{0};
  std::vector<std::chrono::nanoseconds> latencies;
};

class Workload {
public:
  Workload(std::string target, Expectation expected)
      : target_(std::move(target)), expected_(std::move(expected)) {}
  virtual ~Workload() = default;

  /// Asks for that long, and waits for the answers that are missing then. Throws
  /// std::runtime_error at an answer that was not expected.
  Phase run(std::chrono::nanoseconds duration);

protected:
  virtual void begin() = 0;
  virtual void answered(Connection &connection, unsigned status, std::string_view body) = 0;

  void connect(std::size_t count);
  void check(unsigned status, std::string_view body);
  void record(Clock::time_point due, Clock::time_point now) {
    phase_.latencies.push_back(now - due);
  }
  [[nodiscard]] Clock::time_point end() const noexcept { return end_; }

  EventLoop loop_;
  std::vector<std::unique_ptr<Connection>> connections_;

private:
  std::string target_;
  Expectation expected_;
  Clock::time_point end_;
  Phase phase_;
  bool checked_ = false;
};

/// Each connection asks as soon as it was answered.
class ClosedLoop : public Workload {
public:
  ClosedLoop(const std::string &target, Expectation expected, std::size_t connections,
             std::string request);

private:
  void begin() override;
  void answered(Connection &connection, unsigned status, std::string_view body) override;

  std::string request_;
  std::size_t asking_ = 0;
};

/// A fixed rate, whatever the server does: a request that finds no free connection waits for one,
/// and its latency counts from when it was due.
class OpenLoop : public Workload {
public:
  OpenLoop(const std::string &target, Expectation expected, std::size_t connections,
           std::string request, double rate);

private:
  struct Schedule : Ticker {
    Schedule(EventLoop &loop, OpenLoop &owner) : Ticker(loop), owner_(owner) {}
    void ticked(std::uint64_t periods) override { owner_.ticked(periods); }

  private:
    OpenLoop &owner_;
  };

  void begin() override;
  void answered(Connection &connection, unsigned status, std::string_view body) override;
  void ticked(std::uint64_t periods);
  void ask();

  std::string request_;
  std::chrono::nanoseconds period_;
  Schedule schedule_;
  Clock::time_point next_;
  bool ticking_ = false;
  std::deque<Clock::time_point> due_;
  std::vector<Connection *> idle_;
};

/// What a host does for a list: one request for the list, then one for each element's "Id" in the
/// place of "%" in a path, a few at a time. One latency is that of a whole list.
class ListThenEach : public Workload {
public:
  ListThenEach(const std::string &target, Expectation expected, std::size_t in_flight,
               const std::string &list_path, std::string each_path);

private:
  void begin() override;
  void answered(Connection &connection, unsigned status, std::string_view body) override;
  void list();
  void take(std::string_view body);
  void ask_next(Connection &connection);

  std::string list_request_;
  std::string each_path_;
  bool listing_ = false;
  std::vector<std::string> requests_;
  std::size_t next_ = 0;
  std::size_t missing_ = 0;
  Clock::time_point begun_;
};

} // namespace load
