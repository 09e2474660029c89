// SPDX-License-Identifier: Apache-2.0
//
// A loop on which one awaits something at a time, and what it came to.
#pragma once

#include <double/dns_double.hpp>
#include <error.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mdocker::test {

namespace asio = boost::asio;
using std::chrono::steady_clock;
using namespace std::chrono_literals;

template <class Value> struct Came {
  std::optional<Value> value;
  std::optional<Error> error;
  unsigned times = 0;

  /// The error's text, or empty.
  [[nodiscard]] std::string what() const { return error ? error->what() : ""; }
};

class LookUp : public testing::Test {
protected:
  template <class Value> void begin(asio::awaitable<Value> wait, Came<Value> &came) {
    asio::co_spawn(io_, std::move(wait), into(came));
  }
  /// What signal_ cancels: one at a time.
  template <class Value> void begin_cancellable(asio::awaitable<Value> wait, Came<Value> &came) {
    asio::co_spawn(io_, std::move(wait), asio::bind_cancellation_slot(signal_.slot(), into(came)));
  }

  /// Until nothing is left to do: what is forgotten on the loop fails the test.
  void run() {
    io_.restart();
    io_.run_for(20s);
    EXPECT_TRUE(io_.stopped()) << "something is left on the loop";
  }

  template <class Value> Came<Value> await(asio::awaitable<Value> wait) {
    Came<Value> came;
    begin(std::move(wait), came);
    run();
    EXPECT_EQ(came.times, 1U);
    return came;
  }

  static steady_clock::time_point in(std::chrono::milliseconds time) {
    return steady_clock::now() + time;
  }

  asio::io_context io_{1};
  asio::cancellation_signal signal_;

private:
  template <class Value> static auto into(Came<Value> &came) {
    return [&came](const std::exception_ptr &thrown, Value value) {
      ++came.times;
      if (!thrown) {
        came.value = std::move(value);
        return;
      }
      try {
        std::rethrow_exception(thrown);
      } catch (const Error &error) {
        came.error = error;
      }
    };
  }

  asio::posix::stream_descriptor first_{io_}; ///< The loop's own descriptors are there before it.
};

/// A script that answers each question with these records.
inline DnsDouble::Script records(std::vector<DnsRecord> all) {
  return [all = std::move(all)](const DnsQuestion &question) {
    return std::vector<std::string>{dns_reply(question, Rcode::ok, all)};
  };
}

inline DnsDouble::Script rcode(Rcode code) {
  return [code](const DnsQuestion &question) {
    return std::vector<std::string>{dns_reply(question, code)};
  };
}

inline DnsDouble::Script silence() {
  return [](const DnsQuestion &) { return std::vector<std::string>(); };
}

} // namespace mdocker::test
