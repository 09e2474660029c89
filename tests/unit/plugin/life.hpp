// SPDX-License-Identifier: Apache-2.0
//
// The methods at work, against an engine that plays a part: what a real one does not do on demand,
// and what the network driver is told when.
#pragma once

#include "image/service.hpp"
#include "methods/image_loads.hpp"
#include "methods/labels.hpp"
#include "methods/method.hpp"
#include "methods/reconcile.hpp"

#include "support.hpp"

#include <double/engine_double.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <list>
#include <map>
#include <mutex>
#include <optional>

namespace mdocker::test {

using namespace std::chrono_literals;

inline constexpr std::string_view kG1 = R"({"guest":{"id":"g1"}})";
/// The rest of an image's id.
inline const std::string kHex(64, 'a');

class LogBook final : public Log {
public:
  [[nodiscard]] bool enabled(Level) const noexcept override { return true; }
  void write(Level, std::string_view message, const Location &) const noexcept override {
    lines.emplace_back(message);
  }
  mutable std::vector<std::string> lines;
};

// Keeps what it is told, and refuses to plug where the test says so.
class Switch final : public network::Driver {
public:
  void check(const std::vector<network::Nic> &) const override {
    if (refuses)
      throw Error(Kind::invalid, "guest.nics[0].mac: expected another");
  }
  boost::asio::awaitable<void> plug(const network::Port &guest,
                                    const std::vector<network::Nic> &nics,
                                    network::Deadline) override {
    told.push_back("plug " + guest.guest + " " + std::to_string(nics.size()));
    if (broken)
      throw Error(Kind::engine, "no such bridge");
    co_return;
  }
  boost::asio::awaitable<void> unplug(const network::Port &guest, network::Deadline) override {
    told.push_back("unplug " + guest.guest);
    if (stuck)
      throw Error(Kind::unavailable, "no word from the switch");
    co_return;
  }
  [[nodiscard]] bool can_look() const noexcept override { return true; }
  [[nodiscard]] bool sees() const noexcept override { return true; }
  boost::asio::awaitable<network::Seen> look(const network::Port &guest,
                                             const std::vector<network::Nic> &) override {
    told.push_back("look " + guest.guest);
    co_return seen;
  }
  boost::asio::awaitable<std::vector<network::Plugged>> plugged(network::Deadline) override {
    co_return ports;
  }
  void watch(Told watcher) override { watcher_told = std::move(watcher); }

  network::Seen seen; ///< Of whichever guest.
  std::vector<network::Plugged> ports;
  Told watcher_told;
  std::vector<std::string> told;
  bool broken = false;  ///< Cannot plug.
  bool stuck = false;   ///< Cannot unplug.
  bool refuses = false; ///< Whatever NICs there are.
};

inline const std::string kStopped = R"({"Running":false})";
inline const std::string kRunning = R"({"Running":true,"Pid":7})";
inline const std::string kPaused = R"({"Running":true,"Paused":true,"Pid":7})";

// A guest of ours with one NIC, in that state.
inline std::string guest_g1(const std::string &state) {
  const methods::Guest guest = methods::decode_guest(
      mistify::json::parse(R"({"id":"g1","nics":[{"name":"eth1"}]})"), methods::Path("guest"));
  std::string labels;
  methods::append_strings(labels, methods::labels_of(guest));
  return R"({"Id":"aa","Name":"/g1","State":)" + state + R"(,"Config":{"Labels":)" + labels + "}}";
}

struct Outcome {
  std::string result;
  std::optional<Error> error;
};

class Life : public testing::Test {
protected:
  // What the client has under way ends with it, on the loop.
  void TearDown() override {
    client_.reset();
    io_.restart();
    io_.poll();
  }

  // Each request, "GET /containers/g1/json", takes the next of its replies; the last one stays.
  using Script = std::map<std::string, std::vector<Reply>>;

  void engine(Script script) {
    script_ = std::move(script);
    engine([this](const Request &request) { return reply(request.line()); });
  }

  void engine(EngineDouble::Script script) {
    engine_.emplace(std::move(script));
    settings_ = Settings::parse(R"({"endpoint":")" + engine_->endpoint() + R"("})");
    client_.emplace(io_.get_executor(), settings_, log_);
    environment_.emplace(methods::Environment{settings_, log_, *client_, switch_, turns_, creates_,
                                              service_, loads_, reconciles_});
  }

  void begin(std::string_view method, std::string_view params, Outcome &outcome,
             std::chrono::milliseconds time = 20s) {
    const auto known = methods::all();
    const auto found = std::find_if(known.begin(), known.end(), [&](const methods::Method &m) {
      return m.name.substr(m.name.find('.') + 1) == method;
    });
    calls_.push_back(found->prepare(params));
    ++open_;
    auto done = [this, &outcome](const std::exception_ptr &thrown, std::string result) {
      try {
        if (thrown)
          std::rethrow_exception(thrown);
        outcome.result = std::move(result);
      } catch (const Error &error) {
        outcome.error = error;
      } catch (const boost::system::system_error &error) {
        outcome.error = Error(Kind::cancelled, error.what());
      }
      if (--open_ == 0)
        io_.stop(); // timers of kept connections may still be armed
    };
    const auto work = std::chrono::steady_clock::now() + time;
    boost::asio::co_spawn(
        io_, run(*calls_.back(), *environment_, methods::Deadline{work, work + 2s}),
        boost::asio::bind_cancellation_slot(signals_.emplace_back().slot(), std::move(done)));
  }

  void finish() {
    io_.restart();
    io_.run_for(30s);
  }

  Outcome call(std::string_view method, std::string_view params,
               std::chrono::milliseconds time = 20s) {
    Outcome outcome;
    begin(method, params, outcome, time);
    finish();
    return outcome;
  }

  std::vector<std::string> seen() const { return engine_->lines(); }

  // [any thread]
  Reply reply(const std::string &line) {
    const std::lock_guard lock(mutex_);
    const auto replies = script_.find(line);
    if (replies == script_.end())
      return refusal(404, "not in the script");
    Reply reply = replies->second.front();
    if (replies->second.size() > 1)
      replies->second.erase(replies->second.begin());
    return reply;
  }

  LogBook log_;
  Switch switch_;
  Settings settings_;
  boost::asio::io_context io_{1};
  std::list<boost::asio::cancellation_signal> signals_; ///< One for each call.
  runtime::Turns turns_;
  methods::HalfAnswered creates_;
  image::Service service_{io_.get_executor(), settings_.image_service, {}};
  methods::ImageLoads loads_{1};
  methods::Reconciles reconciles_;
  std::mutex mutex_;
  Script script_;
  std::optional<EngineDouble> engine_;
  std::optional<engine::Client> client_;
  std::optional<methods::Environment> environment_;
  std::vector<std::unique_ptr<methods::Call>> calls_;
  int open_ = 0;
};

} // namespace mdocker::test
