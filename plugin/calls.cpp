// SPDX-License-Identifier: Apache-2.0
#include "calls.hpp"

#include "follow/follower.hpp"
#include "image/service.hpp"
#include "methods/image_loads.hpp"
#include "methods/inspect.hpp"
#include "methods/reconcile.hpp"
#include "runtime/no_signals.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <inbox.hpp>

#include <condition_variable>
#include <curl/curl.h>
#include <mutex>
#include <optional>
#include <pthread.h>
#include <stdexcept>
#include <thread>
#include <unordered_map>

namespace mdocker {

namespace asio = boost::asio;

namespace {

// libcurl's global state, counted by libcurl itself.
struct CurlGlobal {
  CurlGlobal() {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
      throw std::runtime_error("libcurl cannot be set up");
  }
  ~CurlGlobal() { curl_global_cleanup(); }
  CurlGlobal(const CurlGlobal &) = delete;
  CurlGlobal &operator=(const CurlGlobal &) = delete;
};

image::Service::Options service_options(const Settings &settings) {
  image::Service::Options options;
  options.resolver = settings.image_resolver;
  return options;
}

Error error_of(const std::exception_ptr &thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const Error &error) {
    return error;
  } catch (const boost::system::system_error &error) {
    if (error.code() == asio::error::operation_aborted)
      return {Kind::cancelled, "cancelled"};
    return {Kind::internal, error.what()};
  } catch (const std::exception &error) {
    return {Kind::internal, error.what()};
  } catch (...) {
    return {Kind::internal, "an exception of an unknown kind"};
  }
}

// What the network driver asks for while it plugs.
asio::awaitable<std::int64_t> pid_of(methods::Environment &environment, std::string container,
                                     network::Deadline deadline) {
  const std::optional<methods::Container> now =
      co_await methods::inspect_if_any(environment, std::move(container), deadline);
  co_return now && now->state != methods::State::stopped ? now->pid : 0;
}

} // namespace

class Calls::Loop {
public:
  Loop(const Settings &settings, const Log &log, IsCancelled is_cancelled)
      : is_cancelled_(std::move(is_cancelled)),
        parts_(std::in_place, io_.get_executor(), settings, log, [this] { end_if_idle(); }) {
    asio::post(io_, [this] { parts_->follower.start(); });
    const runtime::NoSignals none;
    thread_ = std::thread([this] { run(); });
    pthread_setname_np(thread_.native_handle(), "mdocker");
  }
  ~Loop() {
    if (thread_.joinable())
      thread_.join();
  }
  Loop(const Loop &) = delete;
  Loop &operator=(const Loop &) = delete;

  void begin(Id id, std::unique_ptr<methods::Call> call, methods::Deadline deadline, Outcome done) {
    inbox_.post([this, id, call = std::move(call), deadline, done = std::move(done)]() mutable {
      spawn(id, std::move(call), deadline, std::move(done));
    });
  }

  void cancel(Id id) {
    inbox_.post([this, id] {
      const auto it = open_.find(id);
      if (it != open_.end())
        it->second->cancelled.emit(methods::kCallerLeaves);
    });
  }

  void quiesce() {
    inbox_.post([this] { parts_->follower.stop(); });
  }

  bool stop(std::chrono::steady_clock::time_point deadline) {
    if (!thread_.joinable())
      return true;
    inbox_.post([this] {
      stopping_ = true;
      if (parts_)
        parts_->follower.stop();
      for (const auto &[id, open] : open_)
        open->cancelled.emit(methods::kPluginStops);
      end_if_idle();
    });
    std::unique_lock lock(mutex_);
    if (!finished_.wait_until(lock, deadline, [this] { return ended_; }))
      return false;
    lock.unlock();
    thread_.join();
    return true;
  }

private:
  // What lives on the loop; gone before the loop ends.
  struct Parts {
    Parts(const asio::any_io_executor &executor, const Settings &settings, const Log &log,
          std::function<void()> follower_idle)
        : engine(executor, settings, log), network(make_network(executor, settings, log)),
          service(executor, settings.image_service, service_options(settings)),
          loads(settings.bounds.loads), environment{settings, log,     engine, *network,  turns,
                                                    creates,  service, loads,  reconciles},
          follower(executor, environment, std::move(follower_idle)) {}

    std::unique_ptr<network::Driver> make_network(const asio::any_io_executor &executor,
                                                  const Settings &settings, const Log &log) {
      if (settings.network.driver == "none")
        return network::make_none(log);
      network::OvsOptions options{
          settings.network.ovsdb, settings.network.datapath_type, settings.network.static_addresses,
          settings.endpoint.transport == engine::Endpoint::Transport::unix_socket,
          settings.instance};
      auto look_up = [this](std::string container, network::Deadline deadline) {
        return pid_of(environment, std::move(container), deadline);
      };
      return network::make_ovs(executor, std::move(options), std::move(look_up), log);
    }

    engine::Client engine;
    std::unique_ptr<network::Driver> network;
    runtime::Turns turns;
    methods::HalfAnswered creates;
    image::Service service;
    methods::ImageLoads loads;
    methods::Reconciles reconciles;
    methods::Environment environment;
    follow::Follower follower;
  };
  struct Open {
    std::unique_ptr<methods::Call> call;
    Outcome done;
    asio::cancellation_signal cancelled;
  };

  void run() noexcept {
    io_.run(); // nothing that runs there throws: outcomes and completions are noexcept
    const std::lock_guard lock(mutex_);
    ended_ = true;
    finished_.notify_all();
  }

  void spawn(Id id, std::unique_ptr<methods::Call> call, methods::Deadline deadline, Outcome done) {
    if (is_cancelled_(id)) { // by a cancel() that overtook the call
      const Error error(Kind::cancelled, "cancelled before it began");
      done(nullptr, &error);
      return;
    }
    auto open = std::make_unique<Open>();
    open->call = std::move(call);
    open->done = std::move(done);
    Open &kept = *open;
    open_.emplace(id, std::move(open));
    auto completion = [this, id](const std::exception_ptr &thrown, const std::string &result) {
      end(id, thrown, result);
    };
    asio::co_spawn(io_, methods::run(*kept.call, parts_->environment, deadline),
                   asio::bind_cancellation_slot(kept.cancelled.slot(), std::move(completion)));
  }

  void end(Id id, const std::exception_ptr &thrown, const std::string &result) noexcept {
    const auto it = open_.find(id);
    const std::unique_ptr<Open> open = std::move(it->second);
    open_.erase(it);
    if (thrown) {
      const Error error = error_of(thrown);
      open->done(nullptr, &error);
    } else {
      open->done(&result, nullptr);
    }
    end_if_idle();
  }

  void end_if_idle() {
    if (!stopping_ || !open_.empty() || !parts_ || !parts_->follower.idle())
      return;
    // Not from inside what it destroys.
    asio::post(io_, [this] {
      parts_.reset();
      inbox_.close();
    });
  }

  IsCancelled is_cancelled_;
  CurlGlobal curl_;
  asio::io_context io_{1};
  mistify::Inbox inbox_{io_};
  std::optional<Parts> parts_;
  std::unordered_map<Id, std::unique_ptr<Open>> open_;
  bool stopping_ = false;
  std::mutex mutex_;
  std::condition_variable finished_;
  bool ended_ = false;
  std::thread thread_;
};

Calls::Calls(const Settings &settings, const Log &log, IsCancelled is_cancelled)
    : loop_(std::make_unique<Loop>(settings, log, std::move(is_cancelled))) {}
Calls::~Calls() = default;

void Calls::begin(Id id, std::unique_ptr<methods::Call> call, methods::Deadline deadline,
                  Outcome done) {
  loop_->begin(id, std::move(call), deadline, std::move(done));
}

void Calls::cancel(Id id) noexcept {
  try {
    loop_->cancel(id);
  } catch (const std::bad_alloc &) {
    return; // not told: the call ends by its own deadline
  }
}

void Calls::quiesce() noexcept {
  try {
    loop_->quiesce();
  } catch (const std::bad_alloc &) {
    return; // stop() is to come
  }
}

bool Calls::stop(std::chrono::steady_clock::time_point deadline) noexcept {
  try {
    return loop_->stop(deadline);
  } catch (const std::exception &) {
    return false;
  }
}

} // namespace mdocker
