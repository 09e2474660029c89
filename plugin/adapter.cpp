// SPDX-License-Identifier: Apache-2.0
//
// The one file that knows the C ABI: calls come in here, and their answers go out.
#include "calls.hpp"
#include "methods/reconcile.hpp"

#include <mistify/plugin.hpp>

#include <json.hpp>

#include <array>
#include <vector>

namespace mdocker {
namespace {

namespace asio = boost::asio;
namespace json = mistify::json;
using std::chrono::nanoseconds;
using std::chrono::steady_clock;

// steady_clock is CLOCK_MONOTONIC.
steady_clock::time_point time_of(std::int64_t ns) noexcept {
  return ns == MISTIFY_NO_DEADLINE ? steady_clock::time_point::max()
                                   : steady_clock::time_point(nanoseconds(ns));
}

class HostLog final : public Log {
public:
  explicit HostLog(mistify::HostServices host) : host_(host) {}
  [[nodiscard]] bool enabled(Level level) const noexcept override {
    return host_.log_enabled(code(level));
  }
  void write(Level level, std::string_view message, const Location &where) const noexcept override {
    std::string_view file = where.file_name();
    file.remove_prefix(file.rfind('/') + 1); // npos + 1 is 0
    host_.log(code(level), file, static_cast<int>(where.line()), message);
  }

private:
  static std::int32_t code(Level level) noexcept {
    static constexpr std::array<std::int32_t, 4> kCodes{MISTIFY_LOG_DEBUG, MISTIFY_LOG_INFO,
                                                        MISTIFY_LOG_WARNING, MISTIFY_LOG_ERROR};
    return kCodes[static_cast<std::size_t>(level)];
  }
  mistify::HostServices host_;
};

std::string data_json(const Error &error, const methods::Method &method, std::string_view subject) {
  std::string out = R"({"kind":)" + json::quoted(kind_name(error.kind())) + R"(,"retryable":)" +
                    (error.retryable() ? "true" : "false");
  const auto add = [&](std::string_view key, std::string_view value) {
    if (!value.empty())
      out += "," + json::quoted(key) + ":" + json::quoted(value);
  };
  add("method", method.name);
  add(method.subject, subject);
  add("phase", error.phase());
  for (const auto &[name, value] : error.details())
    add(name, value);
  if (error.engine_status() != 0)
    out += R"(,"engine_status":)" + std::to_string(error.engine_status());
  out += '}';
  return out;
}

std::string state_json(const engine::Client::State &state, const std::string &endpoint,
                       const std::string &last_reconcile) {
  std::string out = state.ready ? R"({"ready":true)" : R"({"ready":false,"reason":)";
  if (!state.ready)
    json::append_string(out, state.reason);
  out += R"(,"engine":{"state":)";
  out += state.ready ? R"("up")" : R"("down")";
  out += R"(,"breaker":)" + json::quoted(engine::state_name(state.breaker));
  out += R"(,"endpoint":)" + json::quoted(endpoint);
  if (!state.api_version.empty())
    out += R"(,"api_version":)" + json::quoted(state.api_version);
  if (!state.engine_version.empty())
    out += R"(,"version":)" + json::quoted(state.engine_version);
  out += '}';
  if (!last_reconcile.empty())
    out += R"(,"reconcile":)" + last_reconcile;
  return out + "}";
}

class Plugin {
public:
  explicit Plugin(mistify::HostServices host)
      : host_(host), log_(host), settings_(Settings::parse(host.config())) {
    routes_.reserve(methods::all().size()); // handlers keep pointers to its elements
    for (const methods::Method &method : methods::all()) {
      routes_.push_back({this, &method});
      host_.add_method({.name = method.name,
                        .summary = method.summary,
                        .params_schema_json = method.params_schema_json,
                        .result_schema_json = method.result_schema_json,
                        .default_deadline = method.time(settings_),
                        .read_only = method.read_only},
                       &Plugin::on_call, &routes_.back());
    }
  }

  [[nodiscard]] const mistify::HostServices &host() const noexcept { return host_; }

  void start() {
    calls_.emplace(settings_, log_, [this](mistify_call id) { return host_.is_cancelled(id); });
  }
  void quiesce() noexcept {
    if (calls_)
      calls_->quiesce();
  }
  bool stop(std::int64_t deadline_ns) noexcept {
    return !calls_ || calls_->stop(time_of(deadline_ns));
  }
  void cancel(mistify_call call) noexcept { calls_->cancel(call); }

  void check(const mistify::Request &request) noexcept {
    const mistify_call id = request.call;
    calls_->begin(id, std::make_unique<Check>(),
                  {time_of(request.deadline_ns), time_of(request.answer_by_ns)},
                  outcome(id, kNoMethod, {}));
  }

private:
  struct Route {
    Plugin *plugin;
    const methods::Method *method;
  };

  // The look at the engine that a host asks for, as a call.
  static constexpr methods::Method kNoMethod{};
  struct Check final : methods::Call {
    [[nodiscard]] std::string_view subject() const noexcept override { return {}; }
    asio::awaitable<std::string> run(methods::Environment &environment,
                                     methods::Deadline deadline) override {
      const engine::Client::State state = co_await environment.engine.check(deadline);
      co_return state_json(state, environment.engine.endpoint().name,
                           environment.reconciles.last_summary);
    }
  };

  static void on_call(mistify_plugin *, void *user, const mistify_request *raw) noexcept {
    const auto &route = *static_cast<const Route *>(user);
    Plugin &self = *route.plugin;
    const mistify::Request request(*raw);
    try {
      self.begin(*route.method, request);
    } catch (const InvalidParams &error) {
      self.host_.fail(request.call, MISTIFY_CODE_INVALID_PARAMS, error.what(),
                      R"({"kind":"invalid","retryable":false,"method":)" +
                          json::quoted(route.method->name) + R"(,"phase":"params"})");
    } catch (const Error &error) {
      self.fail(request.call, Error(error).in_phase("params"), *route.method, {});
    } catch (const std::exception &error) {
      self.fail(request.call, Error(Kind::internal, error.what()), *route.method, {});
    }
  }

  void begin(const methods::Method &method, const mistify::Request &request) {
    std::unique_ptr<methods::Call> call = method.prepare(request.params_json);
    methods::Deadline deadline{time_of(request.deadline_ns), time_of(request.answer_by_ns)};
    if (const auto wanted = call->wanted_time(settings_); wanted.count() > 0)
      deadline = stretched(request, deadline, wanted);
    call->report_to([this, id = request.call](std::string_view json) {
      return host_.progress(id, json) != MISTIFY_E_STATE;
    });
    Calls::Outcome done = outcome(request.call, method, std::string(call->subject()));
    calls_->begin(request.call, std::move(call), deadline, std::move(done));
  }

  // The deadline of a call whose params make the method's default a wrong one. The time between the
  // two points stays what it was.
  methods::Deadline stretched(const mistify::Request &request, methods::Deadline before,
                              std::chrono::milliseconds wanted) const {
    std::int64_t wish = nanoseconds((steady_clock::now() + wanted).time_since_epoch()).count();
    if (host_.set_deadline(request.call, wish) != MISTIFY_OK || wish == MISTIFY_NO_DEADLINE)
      return before;
    return {time_of(wish), time_of(wish) + (before.answer_by - before.work)};
  }

  // Ends the call at the host; runs on the event loop.
  Calls::Outcome outcome(mistify_call id, const methods::Method &method, std::string subject) {
    return [this, id, &method, subject = std::move(subject)](const std::string *result,
                                                             const Error *error) noexcept {
      if (error == nullptr)
        host_.complete(id, *result);
      else
        fail(id, *error, method, subject);
    };
  }

  void fail(mistify_call id, const Error &error, const methods::Method &method,
            std::string_view subject) const noexcept {
    try {
      host_.fail(id, MISTIFY_CODE_FAILED, error.what(), data_json(error, method, subject));
    } catch (const std::exception &) { // no memory for the data: the text is borrowed
      host_.fail(id, MISTIFY_CODE_FAILED, error.what());
    }
  }

  mistify::HostServices host_;
  HostLog log_;
  Settings settings_;
  std::vector<Route> routes_;
  std::optional<Calls> calls_; // from start() on
};

} // namespace
} // namespace mdocker

MISTIFY_PLUGIN(mdocker::Plugin, "mdocker", MDOCKER_VERSION)
