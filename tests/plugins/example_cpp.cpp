// SPDX-License-Identifier: Apache-2.0
//
// A plugin in C++ with mistify/plugin.hpp. It answers well, fails on demand, and breaks the rule of
// "exactly once" where it is told to, so that a host can be tested with it.
#include "json.hpp"
#include "mistify/plugin.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <queue>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

namespace json = mistify::json;

class InvalidParams : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

std::int64_t integer_in(const json::Members &params, std::string_view key, std::int64_t least,
                        std::int64_t most) {
  const json::Value *value = json::find(params, key);
  const auto number = value == nullptr ? std::nullopt : json::to_int64(*value);
  if (!number || *number < least || *number > most)
    throw InvalidParams(std::string(key) + ": expected an integer from " + std::to_string(least) +
                        " to " + std::to_string(most));
  return *number;
}

class ExampleCpp {
public:
  explicit ExampleCpp(mistify::HostServices host) : host_(host) {
    if (!json::members(host_.config()).empty())
      throw std::invalid_argument("example_cpp takes no configuration: expected {}");
    add<&ExampleCpp::echo>("ExampleCpp.Echo", "Answers with its params");
    add<&ExampleCpp::fail>("ExampleCpp.Fail", "Fails with the code, message and data it is given");
    add<&ExampleCpp::progress>("ExampleCpp.Progress", "Tells its progress count times, then ends");
    add<&ExampleCpp::throw_up>("ExampleCpp.Throw", "Throws from its handler");
    add<&ExampleCpp::complete>("ExampleCpp.Complete", "Ends its call as many times as it is told");
    add<&ExampleCpp::complete_late>("ExampleCpp.CompleteLate",
                                    "Ends its call only when nobody waits for it any more");
    add<&ExampleCpp::statuses>(
        "ExampleCpp.Statuses",
        "The statuses of the endings that came late or twice, once there are "
        "as many as count");
  }

  [[nodiscard]] const mistify::HostServices &host() const noexcept { return host_; }

  void start() {
    worker_ = std::thread([this] { run(); });
  }
  void quiesce() noexcept {}

  bool stop(std::int64_t) noexcept {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_one();
    worker_.join();
    return true;
  }

  /// Hands the work over: ending a call from in here would be allowed too, but a plugin that takes
  /// locks of its own around its calls to the host is easier to get right like this.
  void cancel(mistify_call call) noexcept {
    {
      const std::lock_guard lock(mutex_);
      cancelled_.push_back(call);
    }
    changed_.notify_one();
  }

  void check(const mistify::Request &request) { host_.complete(request.call, R"({"ready":true})"); }

private:
  /// A method whose params are an object; what is wrong with them becomes "invalid params".
  using Body = void (ExampleCpp::*)(const mistify::Request &, const json::Members &);

  template <Body Method> void guarded(const mistify::Request &request) {
    try {
      (this->*Method)(request, json::members(request.params_json));
    } catch (const InvalidParams &error) {
      host_.fail(request.call, MISTIFY_CODE_INVALID_PARAMS, error.what(), R"({"kind":"invalid"})");
    } catch (const std::invalid_argument &error) {
      host_.fail(request.call, MISTIFY_CODE_INVALID_PARAMS, error.what(), R"({"kind":"invalid"})");
    }
  }
  template <Body Method> void add(std::string_view name, std::string_view summary) {
    host_.add_method<&ExampleCpp::guarded<Method>>(
        {.name = name, .summary = summary, .params_schema_json = R"({"type":"object"})"}, this);
  }

  void echo(const mistify::Request &request, const json::Members &) {
    host_.complete(request.call, request.params_json);
  }

  void fail(const mistify::Request &request, const json::Members &params) {
    const json::Value *message = json::find(params, "message");
    const json::Value *data = json::find(params, "data");
    if (message == nullptr || message->kind != json::Kind::string)
      throw InvalidParams("message: expected a string");
    host_.fail(request.call,
               static_cast<std::int32_t>(integer_in(params, "code", INT32_MIN, INT32_MAX)),
               json::text(*message), data == nullptr ? std::string_view() : data->raw);
  }

  void progress(const mistify::Request &request, const json::Members &params) {
    const std::int64_t count = integer_in(params, "count", 0, 10000);
    in_worker([this, call = request.call, count] {
      for (std::int64_t done = 1; done <= count; ++done)
        host_.progress(call, "{\"done\":" + std::to_string(done) +
                                 ",\"total\":" + std::to_string(count) + "}");
      host_.complete(call, "{\"count\":" + std::to_string(count) + "}");
    });
  }

  void throw_up(const mistify::Request &, const json::Members &) {
    throw std::runtime_error("thrown on purpose");
  }

  void complete(const mistify::Request &request, const json::Members &params) {
    const std::int64_t times = integer_in(params, "times", 1, 10);
    in_worker([this, call = request.call, times] {
      host_.complete(call, R"({"times":1})");
      for (std::int64_t i = 2; i <= times; ++i)
        add_status(host_.complete(call, "{\"times\":" + std::to_string(i) + "}"));
    });
  }

  void complete_late(const mistify::Request &request, const json::Members &) {
    const std::lock_guard lock(mutex_);
    held_.insert(request.call);
  }

  void statuses(const mistify::Request &request, const json::Members &params) {
    const auto count = static_cast<std::size_t>(integer_in(params, "count", 0, 10000));
    in_worker([this, call = request.call, count] {
      asked_.emplace_back(count, call);
      answer_asked();
    });
  }

  // The rest runs on the worker, but for in_worker().

  void in_worker(std::function<void()> job) {
    {
      const std::lock_guard lock(mutex_);
      jobs_.push(std::move(job));
    }
    changed_.notify_one();
  }

  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return stopping_ || !jobs_.empty() || !cancelled_.empty(); });
      if (!jobs_.empty()) {
        const std::function<void()> job = std::move(jobs_.front());
        jobs_.pop();
        lock.unlock();
        job();
        lock.lock();
      } else if (!cancelled_.empty()) {
        const mistify_call call = cancelled_.back();
        cancelled_.pop_back();
        const bool held = held_.erase(call) > 0;
        lock.unlock();
        end_cancelled(call, held);
        lock.lock();
      } else {
        return;
      }
    }
  }

  void end_cancelled(mistify_call call, bool held) {
    if (held) {
      add_status(host_.complete(call, R"({"late":true})"));
      return;
    }
    const auto asked = std::find_if(asked_.begin(), asked_.end(),
                                    [call](const auto &entry) { return entry.second == call; });
    if (asked == asked_.end())
      return; // ended already
    asked_.erase(asked);
    host_.fail(call, MISTIFY_CODE_FAILED, "cancelled", R"({"kind":"cancelled"})");
  }

  void add_status(mistify_status status) {
    statuses_.push_back(status);
    answer_asked();
  }

  void answer_asked() {
    std::erase_if(asked_, [this](const auto &entry) {
      if (statuses_.size() < entry.first)
        return false;
      std::string result = "[";
      for (const mistify_status status : statuses_)
        result += (result.size() > 1 ? "," : "") + std::to_string(status);
      host_.complete(entry.second, result + "]");
      return true;
    });
  }

  mistify::HostServices host_;
  std::thread worker_;

  std::mutex mutex_; // guards the five below
  std::condition_variable changed_;
  std::queue<std::function<void()>> jobs_;
  std::vector<mistify_call> cancelled_;
  std::set<mistify_call> held_;
  bool stopping_ = false;

  std::vector<mistify_status> statuses_; // the worker's own, as the next
  std::vector<std::pair<std::size_t, mistify_call>> asked_;
};

} // namespace

MISTIFY_PLUGIN(ExampleCpp, "example_cpp", "1.0")
