// SPDX-License-Identifier: Apache-2.0
#include "client.hpp"

#include "endpoint_name.hpp"
#include "negotiation.hpp"
#include "path_breakers.hpp"
#include "transfers.hpp"
#include "version.hpp"

#include "../runtime/turns.hpp"

#include <algorithm>
#include <utility>

namespace mdocker::engine {
namespace {

using std::chrono::steady_clock;

/// A request that was given up after so long says something about the engine.
constexpr std::chrono::seconds kSlow{2};
constexpr unsigned kUnansweredInARow = 3;

} // namespace

class Client::Impl : public std::enable_shared_from_this<Impl> {
public:
  Impl(const asio::any_io_executor &executor, const Settings &settings, const Log &log)
      : endpoint_(settings.endpoint), log_(log), executor_(executor), name_(executor, endpoint_),
        transfers_(executor, endpoint_,
                   {.connect_timeout = settings.timeouts.connect,
                    .largest_body = settings.bounds.engine_answer,
                    .kept_connections = settings.bounds.engine_reads}),
        reads_(settings.bounds.engine_reads),
        bulk_(std::max<std::size_t>(1, settings.bounds.engine_reads / 2)),
        negotiation_(endpoint_.name, log,
                     [this](std::string path, Request::Verb verb, Deadline deadline) {
                       return ask(std::move(path), verb, deadline);
                     }),
        patience_(settings.timeouts.read),
        paths_([this](const std::string &path) { return watch_path(path); }) {}

  /// Once it is shared.
  void set_up() {
    Request ping;
    ping.verb = Request::Verb::head;
    ping.path = "/_ping";
    engine_ = make_breaker({.limit = 1, .probe = patience_}, ping,
                           [this](bool open) { on_engine_breaker(open); });
  }

  void shut_down() {
    engine_->shut_down();
    paths_.shut_down();
  }

  asio::awaitable<Answer> exchange(Request request, Share share) {
    const std::string path = std::move(request.path);
    const bool read = request.verb == Request::Verb::get && request.stream == nullptr;
    for (bool again = false;; again = true) {
      if (engine_->state() != Breaker::State::closed && !co_await engine_->admit())
        throw hung();
      if (const auto stuck = read ? paths_.find(path) : nullptr) {
        if (!co_await stuck->admit())
          throw unanswered(path, *stuck);
      }
      if (negotiation_.version().empty())
        co_await negotiation_.run(std::min(request.deadline, steady_clock::now() + patience_));
      request.path = "/v" + negotiation_.version() + path;
      const std::string before = negotiation_.newest();
      Response response = co_await send(request, share);
      if (read && response.silent)
        paths_.unanswered(path);
      else if (read && response.status != 0)
        paths_.answered(path);
      throw_unless_complete(request, response);
      Answer answer{response.status, std::move(response.body)};
      // Refused for its version, so nothing was done: the engine was changed under us.
      if (answer.status == 400 && !again && request.stream == nullptr &&
          (negotiation_.newest() != before ||
           answer.message().find("client version") != std::string::npos)) {
        negotiation_.forget();
        continue;
      }
      co_return answer;
    }
  }

  asio::awaitable<State> check(Deadline deadline) {
    State state;
    try {
      if (engine_->state() != Breaker::State::closed && !co_await engine_->admit())
        throw hung();
      co_await negotiation_.run(deadline, true);
      state.ready = true;
    } catch (const Error &error) {
      if (error.kind() == Kind::cancelled)
        throw;
      state.reason = error.what();
    }
    state.breaker = engine_->state();
    state.api_version = negotiation_.version();
    state.engine_version = negotiation_.engine_version();
    co_return state;
  }

  [[nodiscard]] const Endpoint &endpoint() const noexcept { return endpoint_; }
  [[nodiscard]] const std::string &platform() const noexcept { return negotiation_.platform(); }
  [[nodiscard]] Transfers &transfers() noexcept { return transfers_; }

private:
  // Sends a request as it is. Reads wait for a free place, and are sent once more where a kept
  // connection turns out to be dead.
  asio::awaitable<Response> send(Request &request, Share share = Share::one) {
    const bool read = (request.verb == Request::Verb::get || request.verb == Request::Verb::head) &&
                      request.stream == nullptr;
    request.fresh = !read;
    if (name_.is_name())
      request.resolved = co_await name_.resolve();
    if (!read) {
      const auto begun = steady_clock::now();
      Response response = co_await transfers_.perform(request);
      note(response, begun);
      co_return response;
    }
    std::optional<runtime::Turns::Turn> bulk;
    if (share == Share::bulk)
      bulk.emplace(co_await bulk_.take(std::string(), request.deadline));
    const runtime::Turns::Turn place = co_await reads_.take(std::string(), request.deadline);
    const auto begun = steady_clock::now();
    Response response = co_await transfers_.perform(request);
    if (response.end == Response::End::broken && response.status == 0) {
      request.fresh = true;
      response = co_await transfers_.perform(request);
    }
    note(response, begun);
    co_return response;
  }

  // What an exchange tells of the engine. A failure to reach it may mean that another one answers
  // next, and so does a version that is not the one we know: it is asked again before the next
  // call.
  void note(Response &response, steady_clock::time_point begun) {
    if (response.status != 0 || response.end == Response::End::not_connected)
      engine_->answered(); // an engine that is not there is no engine that hangs
    response.silent =
        response.status == 0 &&
        (response.end == Response::End::timed_out ||
         (response.end == Response::End::cancelled && steady_clock::now() - begun > kSlow));
    if (response.silent)
      engine_->unanswered();
    if (response.end == Response::End::complete) {
      if (!response.api_version.empty() && response.api_version != negotiation_.newest())
        negotiation_.forget();
      set_reachable(true, {});
      return;
    }
    if (response.end == Response::End::cancelled || response.end == Response::End::too_large)
      return;
    negotiation_.forget();
    if (response.end == Response::End::not_connected) {
      name_.forget();
      set_reachable(false, response.problem);
    }
  }

  std::shared_ptr<Breaker> watch_path(const std::string &path) {
    Request request;
    const std::string &version = negotiation_.version();
    request.path = "/v" + (version.empty() ? std::string(kOldestApi) : version) + path;
    auto told = [weak = weak_from_this(), path](bool open) {
      if (const auto self = weak.lock())
        self->on_path_breaker(path, open);
    };
    return make_breaker({.limit = kUnansweredInARow, .probe = patience_}, request, std::move(told));
  }

  void on_path_breaker(const std::string &path, bool open) const {
    log_.warning("GET " + path + " of the engine at " + endpoint_.name +
                 (open ? " is not answered: calls that need it fail at once until it is"
                       : " is answered again"));
  }

  std::shared_ptr<Breaker> make_breaker(const Breaker::Options &options, Request request,
                                        Breaker::Told told) {
    return std::make_shared<Breaker>(
        executor_, options,
        [weak = weak_from_this(), request = std::move(request)](steady_clock::time_point until) {
          return probe(weak.lock(), request, until);
        },
        std::move(told));
  }

  // Any answer will do, and so will an engine that is gone: neither is waited for.
  static asio::awaitable<bool> probe(std::shared_ptr<Impl> self, Request request,
                                     steady_clock::time_point until) {
    if (!self)
      co_return false;
    request.deadline = until;
    request.fresh = true; // what is wrong may be the connection
    request.resolved = self->name_.last();
    const Response response = co_await self->transfers_.perform(request);
    co_return response.status != 0 || response.end == Response::End::not_connected;
  }

  void on_engine_breaker(bool open) {
    if (!open) {
      log_.warning("calls go to the engine at " + endpoint_.name + " again");
      return;
    }
    log_.warning("the engine at " + endpoint_.name +
                 " does not answer: calls fail at once until it does");
    for (runtime::Turns *waiting : {&reads_, &bulk_})
      waiting->send_away(std::string(), hung());
    negotiation_.send_away(hung());
    transfers_.give_up_silent_reads();
  }

  [[nodiscard]] Error hung() const {
    return Error(Kind::unavailable, "the engine at " + endpoint_.name + " has not answered for " +
                                        seconds_since(engine_->since()) +
                                        " s: nothing is sent to it until it does")
        .in_phase("breaker")
        .with_detail("breaker", std::string(state_name(engine_->state())));
  }

  [[nodiscard]] Error unanswered(const std::string &path, const Breaker &breaker) const {
    return Error(Kind::unavailable, "the engine at " + endpoint_.name + " has not answered GET " +
                                        path + " for " + seconds_since(breaker.since()) +
                                        " s: it is not sent again until it does")
        .in_phase("breaker")
        .with_detail("breaker", std::string(state_name(breaker.state())));
  }

  static std::string seconds_since(steady_clock::time_point since) {
    return std::to_string(
        std::chrono::duration_cast<std::chrono::seconds>(steady_clock::now() - since).count());
  }

  void set_reachable(bool reachable, std::string_view problem) {
    if (reachable == reachable_)
      return;
    reachable_ = reachable;
    if (negotiation_.engine_version()
            .empty()) // never reached yet: the answer says so to whoever asked
      return;
    if (reachable)
      log_.warning("the engine at " + endpoint_.name + " answers again");
    else
      log_.warning("cannot reach the engine at " + endpoint_.name + ": " + std::string(problem));
  }

  asio::awaitable<Response> ask(std::string path, Request::Verb verb, Deadline deadline) {
    Request request;
    request.verb = verb;
    request.path = std::move(path);
    request.deadline = deadline;
    Response response = co_await send(request);
    throw_unless_complete(request, response);
    co_return response;
  }

  void throw_unless_complete(const Request &request, const Response &response) const {
    if (response.end != Response::End::complete)
      throw failure(request, response)
          .with_detail("breaker", std::string(state_name(engine_->state())));
  }

  [[nodiscard]] Error failure(const Request &request, const Response &response) const {
    const std::string engine = "the engine at " + endpoint_.name;
    const bool change = request.verb == Request::Verb::post || request.verb == Request::Verb::del;
    const bool lost = change && response.sent; // whether it was done is not known
    switch (response.end) {
    case Response::End::cancelled:
      return Error(lost ? Kind::unknown_outcome : Kind::cancelled,
                   "cancelled while waiting for " + engine)
          .in_phase(std::string(kNoAnswer));
    case Response::End::not_connected:
      return Error(Kind::unavailable, "cannot reach " + engine + ": " + response.problem)
          .in_phase("connect");
    case Response::End::timed_out:
      if (!response.sent)
        return Error(Kind::unavailable, "cannot reach " + engine + ": " + response.problem)
            .in_phase("connect");
      return Error(lost ? Kind::unknown_outcome : Kind::timeout, engine + " did not answer in time")
          .in_phase(std::string(kNoAnswer));
    case Response::End::too_large:
      return Error(lost ? Kind::unknown_outcome : Kind::engine,
                   "the answer of " + engine + " is larger than limits.engine_answer")
          .with_status(response.status)
          .in_phase(std::string(kBrokenOff));
    case Response::End::complete:
    case Response::End::broken:
      break;
    }
    return Error(lost ? Kind::unknown_outcome : Kind::unavailable,
                 engine + " broke off its answer: " + response.problem)
        .in_phase(std::string(kBrokenOff));
  }

  const Endpoint &endpoint_;
  const Log &log_;
  asio::any_io_executor executor_;
  EndpointName name_;
  Transfers transfers_;
  runtime::Turns reads_;
  runtime::Turns bulk_;
  Negotiation negotiation_;
  std::chrono::milliseconds patience_;
  std::shared_ptr<Breaker> engine_;
  PathBreakers paths_;
  bool reachable_ = true;
};

Client::Client(const asio::any_io_executor &executor, const Settings &settings, const Log &log)
    : impl_(std::make_shared<Impl>(executor, settings, log)) {
  if (settings.endpoint.transport == Endpoint::Transport::tcp)
    log.warning("the engine at " + settings.endpoint.name +
                " is spoken to without TLS (\"insecure\": true): whoever reaches it, or listens on "
                "the way, may be root on its machine");
  impl_->set_up();
}

Client::~Client() {
  impl_->shut_down();
}

asio::awaitable<Answer> Client::get(std::string path, Deadline deadline, Share share) {
  Request request;
  request.path = std::move(path);
  request.deadline = deadline;
  return impl_->exchange(std::move(request), share);
}

asio::awaitable<Answer> Client::follow(std::string path, BodyStream &answer, Deadline deadline) {
  Request request;
  request.path = std::move(path);
  request.stream = &answer;
  request.deadline = deadline;
  return impl_->exchange(std::move(request), Share::one);
}

asio::awaitable<Answer> Client::post(std::string path, std::optional<std::string> body,
                                     Deadline deadline) {
  Request request;
  request.verb = Request::Verb::post;
  request.path = std::move(path);
  request.body = std::move(body);
  request.deadline = deadline;
  return impl_->exchange(std::move(request), Share::one);
}

asio::awaitable<Answer> Client::del(std::string path, Deadline deadline) {
  Request request;
  request.verb = Request::Verb::del;
  request.path = std::move(path);
  request.deadline = deadline;
  return impl_->exchange(std::move(request), Share::one);
}

asio::awaitable<Answer> Client::load(BodyStream &archive) {
  Request request;
  request.verb = Request::Verb::post;
  request.path = "/images/load?quiet=1";
  request.stream = &archive;
  request.fields = {"Content-Type: application/x-tar", "Transfer-Encoding: chunked", "Expect:"};
  request.deadline = Deadline::max();
  return impl_->exchange(std::move(request), Share::one);
}

void Client::resume(const BodyStream &archive) {
  impl_->transfers().resume(archive);
}

void Client::abort(const BodyStream &archive, std::exception_ptr why) {
  impl_->transfers().abort(archive, std::move(why));
}

asio::awaitable<Client::State> Client::check(Deadline deadline) {
  return impl_->check(deadline);
}

const Endpoint &Client::endpoint() const noexcept {
  return impl_->endpoint();
}

const std::string &Client::platform() const noexcept {
  return impl_->platform();
}

} // namespace mdocker::engine
