// SPDX-License-Identifier: Apache-2.0
//
// A plugin for the tests of the host: it says what it was given, and holds calls until told.
//
//   Probe.Config            answers with its part of the configuration
//   Probe.Echo              answers with its params
//   Probe.Trace             answers with the call's trace id
//   Probe.Fail {"message"}  fails with that message
//   Probe.Log {"text"}      logs the text as a warning
//   Probe.Version           answers with the plugin's version
//   Probe.Hold {"tell"}     is answered when it is cancelled only; writes "h" to the named FIFO
//                           when it is held, and "c" when it is cancelled
//
// Configuration: {"ready": BOOL, "refuse": TEXT}; "needs": it is created only where that file is
// there; "wait": it is created when the FIFO of that name has been opened for writing, and closed;
// and whatever else. Compiled once more as a newer
// version (PROBE_VERSION), and as one that does not start (PROBE_START_FAILS).
#include "json.hpp"
#include "mistify/plugin.hpp"

#include <map>
#include <mutex>

#include <fcntl.h>
#include <unistd.h>

#if !defined(PROBE_VERSION)
#define PROBE_VERSION "1.2.3"
#endif

namespace {

namespace json = mistify::json;

std::string text_of(std::string_view object, std::string_view key) {
  const json::Members members = json::members(object);
  const json::Value *value = json::find(members, key);
  return value != nullptr && value->kind == json::Kind::string ? json::text(*value) : "";
}

void tell(const std::string &fifo, char what) {
  const int fd = ::open(fifo.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0)
    return;
  static_cast<void>(::write(fd, &what, 1) == 1);
  ::close(fd);
}

void wait_for(const std::string &fifo) {
  const int fd = fifo.empty() ? -1 : ::open(fifo.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return;
  char nothing = 0;
  static_cast<void>(::read(fd, &nothing, 1) == 0);
  ::close(fd);
}

class Probe {
public:
  explicit Probe(mistify::HostServices host) : host_(host), config_(host.config()) {
    if (const std::string refusal = text_of(config_, "refuse"); !refusal.empty())
      throw std::invalid_argument(refusal);
    if (const std::string needed = text_of(config_, "needs");
        !needed.empty() && ::access(needed.c_str(), F_OK) != 0)
      throw std::invalid_argument("the probe needs " + needed);
    wait_for(text_of(config_, "wait"));
    host_.add_method<&Probe::config>({.name = "Probe.Config", .summary = "Its configuration"},
                                     this);
    host_.add_method<&Probe::echo>({.name = "Probe.Echo", .summary = "Its params"}, this);
    host_.add_method<&Probe::trace>({.name = "Probe.Trace", .summary = "Its trace id"}, this);
    host_.add_method<&Probe::fail>({.name = "Probe.Fail", .summary = "Fails"}, this);
    host_.add_method<&Probe::log>({.name = "Probe.Log", .summary = "Logs"}, this);
    host_.add_method<&Probe::version>({.name = "Probe.Version", .summary = "Its version"}, this);
    host_.add_method<&Probe::progress>({.name = "Probe.Progress", .summary = "Tells its progress"},
                                       this);
    host_.add_method<&Probe::hold>({.name = "Probe.Hold", .summary = "Holds"}, this);
#if defined(PROBE_NEW_METHOD)
    host_.add_method<&Probe::echo>({.name = "Probe.New", .summary = "Its params"}, this);
#endif
  }
  [[nodiscard]] const mistify::HostServices &host() const noexcept {
    return host_;
  }

  void config(const mistify::Request &request) {
    host_.complete(request.call, config_);
  }
  void echo(const mistify::Request &request) {
    host_.complete(request.call, request.params_json);
  }
  void trace(const mistify::Request &request) {
    host_.complete(request.call, json::quoted(request.trace_id));
  }
  void fail(const mistify::Request &request) {
    host_.fail(request.call, MISTIFY_CODE_FAILED, text_of(request.params_json, "message"));
  }
  void log(const mistify::Request &request) {
    host_.log(MISTIFY_LOG_WARNING, "probe.cpp", 1, text_of(request.params_json, "text"));
    host_.complete(request.call, "null");
  }
  // {"tell": [the objects to tell, one after another]}
  void progress(const mistify::Request &request) {
    const json::Members members = json::members(request.params_json);
    for (const json::Value &object : json::elements(json::find(members, "tell")->raw))
      host_.progress(request.call, object.raw);
    host_.complete(request.call, R"({"told":true})");
  }
  void version(const mistify::Request &request) {
    host_.complete(request.call, json::quoted(PROBE_VERSION));
  }
  void hold(const mistify::Request &request) {
    const std::string fifo = text_of(request.params_json, "tell");
    {
      const std::lock_guard lock(mutex_);
      held_.emplace(request.call, fifo);
    }
    tell(fifo, 'h');
  }

  void check(const mistify::Request &request) {
    const json::Members members = json::members(config_);
    const json::Value *ready = json::find(members, "ready");
    const bool away = ready != nullptr && ready->raw == "false";
    host_.complete(request.call, away ? R"({"ready":false,"reason":"the probe is away"})"
                                      : R"({"ready":true,"depth":7})");
  }

#if defined(PROBE_START_FAILS)
  void start() {
    throw std::runtime_error("the probe does not start");
  }
#else
  void start() {}
#endif
  void quiesce() noexcept {}
  bool stop(std::int64_t) noexcept {
    return true;
  }
  void cancel(mistify_call call) noexcept {
    std::string fifo;
    {
      const std::lock_guard lock(mutex_);
      const auto found = held_.find(call);
      if (found == held_.end())
        return;
      fifo = found->second;
      held_.erase(found);
    }
    host_.fail(call, MISTIFY_CODE_FAILED, "cancelled", R"({"kind":"cancelled"})");
    tell(fifo, 'c');
  }

private:
  mistify::HostServices host_;
  std::string config_;
  std::mutex mutex_;
  std::map<mistify_call, std::string> held_; // and the FIFO to tell
};

} // namespace

MISTIFY_PLUGIN(Probe, "probe", PROBE_VERSION)
