// SPDX-License-Identifier: Apache-2.0
#include "host.hpp"

#include "guarded_bytes.hpp"

#include <text.hpp>

#include <algorithm>

namespace mistify::mock_host::validation {
namespace {

constexpr std::size_t kShown = 120;

std::int64_t in(milliseconds time) {
  return std::chrono::nanoseconds((std::chrono::steady_clock::now() + time).time_since_epoch())
      .count();
}

bool is_method_name(std::string_view name) {
  const std::size_t dot = name.find('.', 1);
  return name.size() <= 128 && dot != std::string_view::npos && dot + 1 < name.size() &&
         name.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") ==
             std::string_view::npos;
}

} // namespace

std::string described(const CallRecord &call) {
  if (call.params.size() <= kShown)
    return call.method + " " + call.params;
  return call.method + " " + call.params.substr(0, kShown) + "... (" +
         std::to_string(call.params.size()) + " bytes)";
}

/// The host's functions, as the plugin calls them.
struct Host::Services {
  static Host &self(mistify_host *h) noexcept { return *reinterpret_cast<Host *>(h); }

  static void log(mistify_host *, std::int32_t, mistify_str, std::int32_t, mistify_str) noexcept {}
  static std::int32_t log_enabled(mistify_host *, std::int32_t) noexcept { return 1; }

  static mistify_status config(mistify_host *h, mistify_sink sink, void *ctx) noexcept {
    if (sink == nullptr)
      return MISTIFY_E_INVALID;
    if (!self(h).watch_borrowing) {
      sink(ctx, detail::lend(self(h).config_));
      return MISTIFY_OK;
    }
    const GuardedBytes lent(self(h).config_);
    sink(ctx, detail::lend(lent.text()));
    lent.take_away();
    return MISTIFY_OK;
  }
  static mistify_status register_method(mistify_host *h, const mistify_method *m) noexcept {
    return self(h).add_method(m);
  }
  static mistify_status complete(mistify_host *h, mistify_call c, mistify_str result) noexcept {
    return self(h).end(c, false, detail::borrowed(result), {});
  }
  static mistify_status fail(mistify_host *h, mistify_call c, const mistify_error *e) noexcept {
    if (e == nullptr || !MISTIFY_COVERS(mistify_error, e, data_json))
      return MISTIFY_E_INVALID;
    return self(h).end(c, true, detail::borrowed(e->message), detail::borrowed(e->data_json));
  }
  static mistify_status progress(mistify_host *h, mistify_call c, mistify_str) noexcept {
    return state_of(h, c);
  }
  static std::int32_t is_cancelled(mistify_host *h, mistify_call c) noexcept {
    const std::lock_guard lock(self(h).mutex_);
    const CallRecord *call = self(h).find(c);
    return call == nullptr || call->ends > 0 || call->given_up || call->cancelled ? 1 : 0;
  }
  static mistify_status set_deadline(mistify_host *h, mistify_call c,
                                     std::int64_t *deadline_ns) noexcept {
    if (deadline_ns == nullptr)
      return MISTIFY_E_INVALID;
    const std::lock_guard lock(self(h).mutex_);
    const CallRecord *call = self(h).find(c);
    if (call == nullptr || call->ends > 0 || call->given_up)
      return MISTIFY_E_STATE;
    *deadline_ns = call->request.deadline_ns; // the caller's own, which stays
    return MISTIFY_OK;
  }
  static const void *get_extension(mistify_host *, mistify_str) noexcept { return nullptr; }

  static mistify_status state_of(mistify_host *h, mistify_call c) {
    const std::lock_guard lock(self(h).mutex_);
    const CallRecord *call = self(h).find(c);
    return call == nullptr || call->ends > 0 || call->given_up ? MISTIFY_E_STATE : MISTIFY_OK;
  }
};

Host::Host(std::string config) : config_(std::move(config)) {
  lent_.api = {sizeof(mistify_host_api), MISTIFY_ABI_MAJOR,       MISTIFY_ABI_MINOR,
               "mistify-mock-host",      MISTIFY_VERSION,         &Services::log,
               &Services::log_enabled,   &Services::config,       &Services::register_method,
               &Services::complete,      &Services::fail,         &Services::progress,
               &Services::is_cancelled,  &Services::set_deadline, &Services::get_extension};
}

CallRecord &Host::open(const std::string &method, std::string params, milliseconds time) {
  const std::lock_guard lock(mutex_);
  CallRecord &call = calls_.emplace_back();
  call.method = method;
  call.params = std::move(params);
  call.request.struct_size = sizeof call.request;
  call.request.call = calls_.size();
  call.request.method = detail::lend(call.method);
  call.request.params_json = detail::lend(call.params);
  call.request.trace_id = detail::lend("validate");
  const bool forever = time == milliseconds::max();
  call.request.deadline_ns = forever ? MISTIFY_NO_DEADLINE : in(time);
  call.request.answer_by_ns = forever ? MISTIFY_NO_DEADLINE : in(2 * time);
  return call;
}

void Host::give_up(CallRecord &call) {
  const std::lock_guard lock(mutex_);
  call.given_up = true;
}

void Host::mark_cancelled(CallRecord &call) {
  const std::lock_guard lock(mutex_);
  call.cancelled = true;
}

bool Host::has_ended(const CallRecord &call) const {
  const std::lock_guard lock(mutex_);
  return call.ends > 0;
}

bool Host::all_ended(milliseconds patience) const {
  std::unique_lock lock(mutex_);
  return ended_.wait_for(lock, patience, [this] {
    return std::all_of(calls_.begin(), calls_.end(),
                       [](const CallRecord &call) { return call.ends > 0; });
  });
}

std::vector<std::string> Host::open_calls() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> out;
  for (const CallRecord &call : calls_) {
    if (call.ends == 0)
      out.push_back(described(call));
  }
  return out;
}

std::vector<std::string> Host::faults() const {
  const std::lock_guard lock(mutex_);
  return faults_;
}

void Host::add_fault(std::string what) {
  const std::lock_guard lock(mutex_);
  faults_.push_back(std::move(what));
}

mistify_status Host::add_method(const mistify_method *method) {
  if (method == nullptr || !MISTIFY_COVERS(mistify_method, method, user)) {
    add_fault("a method's struct is too short");
    return MISTIFY_E_INVALID;
  }
  const std::string name(detail::borrowed(method->name));
  if (!creating_) {
    add_fault("the method " + name + " was registered outside create()");
    return MISTIFY_E_STATE;
  }
  if (!is_method_name(name) || method->handler == nullptr || method->default_deadline_ms < 0) {
    add_fault("the method \"" + name.substr(0, kShown) +
              "\" has a malformed name, a negative deadline, or no handler");
    return MISTIFY_E_INVALID;
  }
  if (refuse_methods)
    return MISTIFY_E_EXISTS;
  if (std::any_of(methods_.begin(), methods_.end(),
                  [&](const Method &other) { return other.name == name; })) {
    add_fault("the method " + name + " was registered twice");
    return MISTIFY_E_EXISTS;
  }
  methods_.push_back({name, std::string(detail::borrowed(method->params_schema_json)),
                      method->handler, method->user});
  return MISTIFY_OK;
}

CallRecord *Host::find(mistify_call id) {
  return id == 0 || id > calls_.size() ? nullptr : &calls_[id - 1];
}

mistify_status Host::end(mistify_call id, bool failed, std::string_view result,
                         std::string_view data) {
  const std::lock_guard lock(mutex_);
  CallRecord *call = find(id);
  if (call == nullptr) {
    faults_.push_back("a call was ended that never was: " + std::to_string(id));
    return MISTIFY_E_STATE;
  }
  if (++call->ends > 1)
    return MISTIFY_E_STATE;
  call->failed = failed;
  call->result = result;
  call->data = data;
  ended_.notify_all();
  return call->given_up ? MISTIFY_E_STATE : MISTIFY_OK;
}

} // namespace mistify::mock_host::validation
