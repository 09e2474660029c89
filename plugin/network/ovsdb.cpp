// SPDX-License-Identifier: Apache-2.0
#include "ovsdb.hpp"

#include "ovsdb_requests.hpp"
#include "ovsdb_session.hpp"

#include "../runtime/backoff.hpp"
#include "../runtime/reached.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <list>

namespace mdocker::network::ovsdb {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kToConnect = 2s; // that a call waits for a connection
constexpr auto kToAnswer = 5s;  // that a server may be silent
constexpr auto kLasting = 1s;   // a session of less was another failure to connect
constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::string_view kDatabase = R"("Open_vSwitch")";
constexpr std::string_view kTransact = "transact";

// Registered in a list for as long as it lives.
template <class T> class Listed {
public:
  Listed(std::list<T *> &list, T &one) : list_(list), at_(list.insert(list.end(), &one)) {}
  ~Listed() { list_.erase(at_); }
  Listed(const Listed &) = delete;
  Listed &operator=(const Listed &) = delete;

private:
  std::list<T *> &list_;
  typename std::list<T *>::iterator at_;
};

} // namespace

class Client::Impl : public std::enable_shared_from_this<Impl> {
public:
  Impl(const asio::any_io_executor &executor, std::string path, const Log &log)
      : executor_(executor), path_(std::move(path)), log_(log), backoff_(executor),
        requests_(executor) {}

  void watch(Driver::Told told) {
    told_ = std::move(told);
    if (told_)
      connect();
  }

  void close() {
    closed_ = true;
    told_ = nullptr;
    backoff_.cancel();
    if (session_)
      session_->close();
    wake();
  }

  [[nodiscard]] const SwitchRows &rows() const noexcept { return rows_; }
  [[nodiscard]] bool loaded() const noexcept { return loaded_; }
  void require_loaded() const {
    if (!loaded_)
      throw unavailable();
  }

  asio::awaitable<void> ready(Deadline deadline) {
    const Deadline until = std::min<Deadline>(deadline, Clock::now() + kToConnect);
    for (;;) {
      connect();
      while (!loaded_)
        if (closed_ || !co_await wait(until))
          throw unavailable();
      bool alive = false;
      const std::uint64_t session = sessions_;
      try { // the updates of all before it come before its answer
        static_cast<void>(co_await request("echo", "[]", deadline));
        alive = true;
      } catch (const Error &) {
        // A server that was restarted is worth another attempt, a silent one is not.
        if (session == sessions_ && loaded_)
          throw;
      }
      if (alive)
        co_return;
      if (Clock::now() >= until)
        throw unavailable();
    }
  }

  asio::awaitable<bool> change(Deadline until) {
    const std::uint64_t session = sessions_;
    const bool woken = co_await wait(until);
    if (!loaded_ || session != sessions_)
      throw unavailable();
    co_return woken;
  }

  asio::awaitable<Results> transact(std::string operations, Deadline deadline) {
    Results results;
    runtime::reached(runtime::Step::transaction_due);
    results.text = co_await request(
        kTransact, "[" + std::string(kDatabase) + "," + std::move(operations) + "]", deadline);
    runtime::reached(runtime::Step::transaction_answered);
    std::string wrong;
    try {
      results.operations = Results::parse(Message::parse(results.text).result);
    } catch (const ProtocolError &error) {
      wrong = error.what();
    }
    if (!wrong.empty())
      throw misspoken(wrong);
    co_return results;
  }

private:
  Error unavailable() const {
    return Error(wrong_ ? Kind::network : Kind::unavailable,
                 "the Open vSwitch database at " + path_ +
                     " does not answer: " + (failure_.empty() ? "no word from it" : failure_))
        .in_phase("network");
  }
  Error misspoken(const std::string &how) const {
    return Error(Kind::network, "what answers at " + path_ +
                                    " does not speak as an Open vSwitch database does: " + how)
        .in_phase("network");
  }

  // Sees to it that somebody connects, now.
  void connect() {
    backoff_.cancel();
    if (running_ || closed_)
      return;
    running_ = true;
    asio::co_spawn(executor_, run(shared_from_this()), asio::detached);
  }

  static asio::awaitable<void> run(std::shared_ptr<Impl> self) {
    co_await self->stay_connected();
    self->running_ = false;
  }

  // Until nobody needs it: a server that never answered is asked for again only by the next call.
  asio::awaitable<void> stay_connected() {
    runtime::Backoff pauses;
    bool known = false;
    while (!closed_) {
      co_await serve();
      known = known || loaded_;
      if (loaded_ && Clock::now() - loaded_at_ >= kLasting)
        pauses.reset();
      end_session();
      if (closed_ || (!known && waiters_.empty() && !told_))
        break;
      backoff_.expires_after(pauses.next());
      co_await backoff_.async_wait(kTuple);
    }
  }

  // One connection, to its end; failure_ says why it ended.
  asio::awaitable<void> serve() {
    session_ = std::make_shared<Session>(executor_);
    ++sessions_;
    wrong_ = false;
    try {
      co_await session_->connect(path_);
      failure_ = "it is silent";
      monitor_id_ = requests_.new_id();
      session_->send(request_text(monitor_id_, "monitor",
                                  "[" + std::string(kDatabase) + ",null," +
                                      SwitchRows::monitor_requests() + "]"));
      for (;;) {
        std::string text = co_await session_->receive();
        take(std::move(text));
      }
    } catch (const boost::system::system_error &error) {
      failure_ = error.code().message();
    } catch (const std::exception &error) { // ProtocolError, and what no memory is left for
      failure_ = misspoken(error.what()).what();
      wrong_ = true;
    }
  }

  void end_session() {
    if (loaded_ && !closed_)
      log_.warning("the connection to the Open vSwitch database at " + path_ +
                   " ended: " + failure_);
    session_->close();
    session_.reset();
    loaded_ = false;
    rows_ = SwitchRows();
    requests_.fail_all(unavailable());
    wake();
  }

  void take(std::string text) {
    const Message message = Message::parse(text);
    switch (message.kind) {
    case Message::Kind::echo:
      session_->send(R"({"id":)" + std::string(message.raw_id) + R"(,"result":)" +
                     std::string(message.result.raw) + R"(,"error":null})");
      break;
    case Message::Kind::update:
      take_update(message);
      break;
    case Message::Kind::reply:
      take_reply(message, text);
      break;
    case Message::Kind::other: // of extensions that we did not ask for
      break;
    }
  }

  void take_update(const Message &message) {
    const std::vector<json::Value> params = array(message.result, "an update's params");
    if (params.size() != 2)
      throw ProtocolError("expected two params of an update, got " + std::to_string(params.size()));
    rows_.apply(params[1]);
    const std::set<std::string> guests = rows_.take_changed();
    if (told_ && loaded_ && !guests.empty())
      told_({false, guests});
    wake();
  }

  void take_reply(const Message &message, std::string &text) {
    if (message.id != monitor_id_) {
      requests_.take(message, std::move(text));
      return;
    }
    if (!message.refusal.empty())
      throw ProtocolError("it refuses to be watched: " + message.refusal);
    rows_.apply(message.result);
    if (rows_.root.empty())
      throw ProtocolError("its table Open_vSwitch is empty");
    loaded_ = true;
    loaded_at_ = Clock::now();
    rows_.take_changed(); // all of them
    if (told_)
      told_({true, {}});
    wake();
  }

  // The whole reply.
  asio::awaitable<std::string> request(std::string_view method, std::string params,
                                       Deadline deadline) {
    if (!session_ || !loaded_)
      throw unavailable();
    const Deadline until = std::min<Deadline>(deadline, Clock::now() + kToAnswer);
    const std::uint64_t id = requests_.new_id();
    std::string refused;
    try {
      session_->send(request_text(id, method, params));
      if (method == kTransact)
        runtime::reached(runtime::Step::transaction_sent);
    } catch (const ProtocolError &error) {
      refused = error.what();
    }
    if (!refused.empty())
      throw misspoken(refused);
    std::optional<std::string> text = co_await requests_.reply(id, until);
    if (text)
      co_return std::move(*text);
    throw Error(Clock::now() >= deadline ? Kind::timeout : Kind::unavailable,
                "the Open vSwitch database at " + path_ + " did not answer in time")
        .in_phase("network");
  }

  // Waits for the next wake(); false where the time is up before.
  asio::awaitable<bool> wait(Deadline until) {
    asio::steady_timer timer(executor_, until);
    const Listed listed(waiters_, timer);
    const auto [error] = co_await timer.async_wait(kTuple);
    if (is_cancelled(co_await asio::this_coro::cancellation_state))
      throw cancelled();
    co_return static_cast<bool>(error);
  }
  void wake() {
    for (asio::steady_timer *timer : waiters_)
      timer->cancel();
  }

  asio::any_io_executor executor_;
  std::string path_;
  const Log &log_;
  asio::steady_timer backoff_;
  std::shared_ptr<Session> session_;
  Requests requests_;
  SwitchRows rows_;
  std::string failure_; ///< Why there is no connection.
  bool wrong_ = false;  ///< Whether that was what the server said.
  bool loaded_ = false; ///< Whether rows_ are the server's.
  bool running_ = false;
  bool closed_ = false;
  Clock::time_point loaded_at_;
  std::uint64_t sessions_ = 0;
  std::uint64_t monitor_id_ = 0;
  std::list<asio::steady_timer *> waiters_;
  Driver::Told told_;
};

Client::Client(const asio::any_io_executor &executor, std::string path, const Log &log)
    : impl_(std::make_shared<Impl>(executor, std::move(path), log)) {}
Client::~Client() {
  impl_->close();
}

void Client::watch(Driver::Told told) {
  impl_->watch(std::move(told));
}
bool Client::loaded() const noexcept {
  return impl_->loaded();
}
void Client::require_loaded() const {
  impl_->require_loaded();
}
void Client::close() {
  impl_->close();
}

asio::awaitable<void> Client::ready(Deadline deadline) {
  return impl_->ready(deadline);
}
const SwitchRows &Client::rows() const noexcept {
  return impl_->rows();
}
asio::awaitable<bool> Client::change(Deadline until) {
  return impl_->change(until);
}
asio::awaitable<Results> Client::transact(std::string operations, Deadline deadline) {
  return impl_->transact(std::move(operations), deadline);
}

} // namespace mdocker::network::ovsdb
