// SPDX-License-Identifier: Apache-2.0
#include "client.hpp"

#include "transfers.hpp"
#include "version.hpp"

#include "../runtime/turns.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <json.hpp>

#include <algorithm>
#include <utility>

namespace mdocker::engine {
namespace {

namespace json = mistify::json;
using std::chrono::steady_clock;

constexpr std::chrono::seconds kNameKept{30};

std::string string_member(const json::Members &members, std::string_view key) {
  const json::Value *value = json::find(members, key);
  return value != nullptr && value->kind == json::Kind::string ? json::text(*value) : std::string();
}

} // namespace

class Client::Impl {
public:
  Impl(const asio::any_io_executor &executor, const Settings &settings, const Log &log)
      : endpoint_(settings.endpoint), log_(log), resolver_(executor),
        transfers_(executor, endpoint_,
                   {.connect_timeout = settings.timeouts.connect,
                    .largest_body = settings.bounds.engine_answer,
                    .kept_connections = settings.bounds.engine_reads}),
        reads_(settings.bounds.engine_reads) {
    boost::system::error_code no_address;
    asio::ip::make_address(endpoint_.host, no_address);
    named_ = endpoint_.transport != Endpoint::Transport::unix_socket && no_address;
  }

  asio::awaitable<Answer> exchange(Request request) {
    const std::string path = std::move(request.path);
    for (bool again = false;; again = true) {
      if (version_.empty())
        co_await negotiate(request.deadline);
      request.path = "/v" + version_ + path;
      const std::string before = engine_max_;
      Response response = co_await send(request);
      throw_unless_complete(request, response);
      Answer answer{response.status, std::move(response.body)};
      // Refused for its version, so nothing was done: the engine was changed under us.
      if (answer.status == 400 && !again &&
          (engine_max_ != before || answer.message().find("client version") != std::string::npos)) {
        version_.clear();
        continue;
      }
      co_return answer;
    }
  }

  asio::awaitable<State> check(Deadline deadline) {
    State state;
    try {
      co_await negotiate(deadline, true);
      state.ready = true;
    } catch (const Error &error) {
      if (error.kind() == Kind::cancelled)
        throw;
      state.reason = error.what();
    }
    state.api_version = version_;
    state.engine_version = engine_version_;
    co_return state;
  }

  [[nodiscard]] const Endpoint &endpoint() const noexcept { return endpoint_; }

private:
  // Sends a request as it is. Reads wait for a free place, and are sent once more where a kept
  // connection turns out to be dead.
  asio::awaitable<Response> send(Request request) {
    const bool read = request.verb == Request::Verb::get || request.verb == Request::Verb::head;
    request.fresh = !read;
    if (named_)
      request.resolved = co_await resolve();
    if (!read) {
      Response response = co_await transfers_.perform(request);
      note(response);
      co_return response;
    }
    const runtime::Turns::Turn place = co_await reads_.take(std::string(), request.deadline);
    Response response = co_await transfers_.perform(request);
    if (response.end == Response::End::broken && response.status == 0) {
      request.fresh = true;
      response = co_await transfers_.perform(request);
    }
    note(response);
    co_return response;
  }

  // What an exchange tells of the engine. A failure to reach it may mean that another one answers
  // next, and so does a version that is not the one we know: it is asked again before the next
  // call.
  void note(const Response &response) {
    if (response.end == Response::End::complete) {
      if (!response.api_version.empty() && response.api_version != engine_max_)
        forget();
      set_reachable(true, {});
      return;
    }
    if (response.end == Response::End::cancelled || response.end == Response::End::too_large)
      return;
    forget();
    if (response.end == Response::End::not_connected) {
      resolved_.clear();
      set_reachable(false, response.problem);
    }
  }

  void forget() noexcept {
    version_.clear();
    engine_max_.clear();
  }

  void set_reachable(bool reachable, std::string_view problem) {
    if (reachable == reachable_)
      return;
    reachable_ = reachable;
    if (engine_version_.empty()) // never reached yet: the answer says so to whoever asked
      return;
    if (reachable)
      log_.warning("the engine at " + endpoint_.name + " answers again");
    else
      log_.warning("cannot reach the engine at " + endpoint_.name + ": " + std::string(problem));
  }

  asio::awaitable<void> negotiate(Deadline deadline, bool always = false) {
    const runtime::Turns::Turn turn = co_await negotiation_.take(std::string(), deadline);
    if (!version_.empty() && !always)
      co_return;
    Response ping = co_await ask("/_ping", Request::Verb::head, deadline);
    if (ping.status != 200) // HEAD came with API 1.40
      ping = co_await ask("/_ping", Request::Verb::get, deadline);
    if (ping.status != 200)
      throw refusal({ping.status, std::move(ping.body)}, "ping");
    if (!version_.empty() && ping.api_version == engine_max_)
      co_return;
    const Response version = co_await ask("/version", Request::Verb::get, deadline);
    if (version.status != 200)
      throw refusal({version.status, version.body}, "version");
    adopt(ping.api_version, version.body);
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

  void adopt(const std::string &pinged, const std::string &body) {
    json::Members members;
    try {
      members = json::members(body);
    } catch (const std::exception &error) {
      throw Error(Kind::engine, "the engine at " + endpoint_.name +
                                    " answers /version with no JSON object: " + error.what());
    }
    const std::string newest = pinged.empty() ? string_member(members, "ApiVersion") : pinged;
    const std::string chosen =
        choose_version(newest, string_member(members, "MinAPIVersion"), endpoint_.name);
    engine_max_ = newest;
    engine_version_ = string_member(members, "Version");
    version_ = chosen;
    log_.info("engine " + engine_version_ + " at " + endpoint_.name + ", API " + version_);
  }

  // The endpoint's name, as CURLOPT_RESOLVE takes it: libcurl's own resolver would start a thread
  // for each look-up, Asio's has one. A look-up cannot be broken off: a call that waits for a
  // silent name server is ended by the host.
  asio::awaitable<std::string> resolve() {
    if (!resolved_.empty() && steady_clock::now() < resolved_until_)
      co_return resolved_;
    const auto [error, found] = co_await resolver_.async_resolve(
        endpoint_.host, std::to_string(endpoint_.port), asio::as_tuple(asio::use_awaitable));
    if (error)
      throw Error(Kind::unavailable,
                  "cannot reach the engine at " + endpoint_.name + ": " + error.message())
          .in_phase("resolve");
    std::string entry = "+" + endpoint_.host + ":" + std::to_string(endpoint_.port) + ":";
    bool first = true;
    for (const auto &target : found) {
      const asio::ip::address address = target.endpoint().address();
      entry += (first ? "" : ",") +
               (address.is_v6() ? "[" + address.to_string() + "]" : address.to_string());
      first = false;
    }
    resolved_ = std::move(entry);
    resolved_until_ = steady_clock::now() + kNameKept;
    co_return resolved_;
  }

  void throw_unless_complete(const Request &request, const Response &response) const {
    const std::string engine = "the engine at " + endpoint_.name;
    const bool change = request.verb == Request::Verb::post || request.verb == Request::Verb::del;
    const std::string unknown = "; whether it was done is unknown: inspect before it is sent again";
    switch (response.end) {
    case Response::End::complete:
      return;
    case Response::End::cancelled:
      throw Error(Kind::cancelled, "cancelled while waiting for " + engine).in_phase("engine");
    case Response::End::too_large:
      throw Error(Kind::engine, "the answer of " + engine + " is larger than limits.engine_answer")
          .with_status(response.status)
          .in_phase("engine");
    case Response::End::not_connected:
      throw Error(Kind::unavailable, "cannot reach " + engine + ": " + response.problem)
          .in_phase("connect");
    case Response::End::timed_out:
      if (!response.sent)
        throw Error(Kind::unavailable, "cannot reach " + engine + ": " + response.problem)
            .in_phase("connect");
      if (change)
        throw Error(Kind::unknown_outcome, engine + " did not answer in time" + unknown)
            .in_phase("engine");
      throw Error(Kind::timeout, engine + " did not answer in time").in_phase("engine");
    case Response::End::broken:
      if (change)
        throw Error(Kind::unknown_outcome,
                    engine + " broke off its answer: " + response.problem + unknown)
            .in_phase("engine");
      throw Error(Kind::unavailable, engine + " broke off its answer: " + response.problem)
          .in_phase("engine");
    }
  }

  const Endpoint &endpoint_;
  const Log &log_;
  asio::ip::tcp::resolver resolver_;
  bool named_ = false; ///< The endpoint is a name that has to be looked up.
  std::string resolved_;
  steady_clock::time_point resolved_until_;
  Transfers transfers_;
  runtime::Turns reads_;
  runtime::Turns negotiation_;
  std::string version_;    ///< What goes into the paths; empty: to be negotiated.
  std::string engine_max_; ///< What the engine says it knows.
  std::string engine_version_;
  bool reachable_ = true;
};

Client::Client(const asio::any_io_executor &executor, const Settings &settings, const Log &log)
    : impl_(std::make_unique<Impl>(executor, settings, log)) {}
Client::~Client() = default;

asio::awaitable<Answer> Client::get(std::string path, Deadline deadline) {
  Request request;
  request.path = std::move(path);
  request.deadline = deadline;
  return impl_->exchange(std::move(request));
}

asio::awaitable<Answer> Client::post(std::string path, std::optional<std::string> body,
                                     Deadline deadline) {
  Request request;
  request.verb = Request::Verb::post;
  request.path = std::move(path);
  request.body = std::move(body);
  request.deadline = deadline;
  return impl_->exchange(std::move(request));
}

asio::awaitable<Answer> Client::del(std::string path, Deadline deadline) {
  Request request;
  request.verb = Request::Verb::del;
  request.path = std::move(path);
  request.deadline = deadline;
  return impl_->exchange(std::move(request));
}

asio::awaitable<Client::State> Client::check(Deadline deadline) {
  return impl_->check(deadline);
}

const Endpoint &Client::endpoint() const noexcept {
  return impl_->endpoint();
}

} // namespace mdocker::engine
