// SPDX-License-Identifier: Apache-2.0
//
// A thin C++ skin over mistify/plugin.h for plugin authors; header only.
//
//   class Echo {
//   public:
//     explicit Echo(mistify::HostServices host) : host_(host) {
//       host_.add_method<&Echo::say>({.name = "Echo.Say", .summary = "Says it again"}, this);
//     }
//     const mistify::HostServices &host() const noexcept { return host_; }
//     void say(const mistify::Request &r) { host_.complete(r.call, r.params_json); }
//     void start() {}
//     void quiesce() noexcept {}
//     bool stop(std::int64_t) noexcept { return true; }
//     void cancel(mistify_call) noexcept {}
//     ...
//   };
//   MISTIFY_PLUGIN(Echo, "echo", "1.0")
//
// What the class throws never leaves the plugin: from the constructor and from start() it becomes
// the reason that the host shows; from a handler it becomes the call's error.
#pragma once

#include "mistify/plugin.h"

#include <chrono>
#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>

namespace mistify {

inline std::string_view view(mistify_str text) noexcept {
  return text.len == 0 ? std::string_view() : std::string_view(text.ptr, text.len);
}
inline mistify_str borrow(std::string_view text) noexcept {
  return {text.data(), text.size()};
}

/// A call, as a handler gets it. The views are borrowed until the handler returns.
struct Request {
  mistify_call call = 0;
  std::string_view method;
  std::string_view params_json;
  std::string_view trace_id;
  std::int64_t deadline_ns = MISTIFY_NO_DEADLINE;
  std::int64_t answer_by_ns = MISTIFY_NO_DEADLINE;

  explicit Request(const mistify_request &request) noexcept
      : call(request.call), method(view(request.method)), params_json(view(request.params_json)),
        trace_id(view(request.trace_id)), deadline_ns(request.deadline_ns),
        answer_by_ns(request.answer_by_ns) {}
};

struct MethodSpec {
  std::string_view name;
  std::string_view summary;
  std::string_view params_schema_json = {};
  std::string_view result_schema_json = {};
  std::chrono::milliseconds default_deadline{0}; ///< 0: none.
  bool read_only = false;
};

/// The host's services. Copyable; valid as long as the plugin's instance.
class HostServices {
public:
  HostServices(const mistify_host_api *api, mistify_host *host) noexcept : api_(api), host_(host) {}

  [[nodiscard]] bool log_enabled(std::int32_t level) const noexcept {
    return api_->log_enabled(host_, level) != 0;
  }
  void log(std::int32_t level, std::string_view file, int line,
           std::string_view message) const noexcept {
    api_->log(host_, level, borrow(file), line, borrow(message));
  }

  /// The plugin's part of the configuration, a JSON object.
  [[nodiscard]] std::string config() const {
    std::string text;
    struct Sink {
      static void take(void *ctx, mistify_str value) noexcept {
        try {
          *static_cast<std::string *>(ctx) = view(value);
        } catch (...) {
          static_cast<std::string *>(ctx)->clear(); // seen below: a configuration is never empty
        }
      }
    };
    if (api_->config(host_, &Sink::take, &text) != MISTIFY_OK || text.empty())
      throw std::runtime_error("the host has no configuration to give");
    return text;
  }

  /// Registers the plugin's member function Handler, void(const Request &), as a method. What it
  /// throws becomes the call's error. From the constructor only; throws where the host refuses it.
  template <auto Handler, class T> void add_method(const MethodSpec &spec, T *self) const {
    add_method(spec, &handle<Handler, T>, self);
  }

  /// Registers a plain handler. From the constructor only; throws where the host refuses it.
  void add_method(const MethodSpec &spec, mistify_handler handler, void *user) const {
    mistify_method method{};
    method.struct_size = sizeof method;
    method.flags = spec.read_only ? MISTIFY_METHOD_READ_ONLY : 0;
    method.name = borrow(spec.name);
    method.summary = borrow(spec.summary);
    method.params_schema_json = borrow(spec.params_schema_json);
    method.result_schema_json = borrow(spec.result_schema_json);
    method.default_deadline_ms = spec.default_deadline.count();
    method.handler = handler;
    method.user = user;
    const mistify_status status = api_->register_method(host_, &method);
    if (status != MISTIFY_OK)
      throw std::runtime_error("the host refused the method " + std::string(spec.name) +
                               (status == MISTIFY_E_EXISTS ? ": the name is taken"
                                                           : ": status " + std::to_string(status)));
  }

  mistify_status complete(mistify_call call, std::string_view result_json) const noexcept {
    return api_->complete(host_, call, borrow(result_json));
  }
  mistify_status fail(mistify_call call, std::int32_t code, std::string_view message,
                      std::string_view data_json = {}) const noexcept {
    mistify_error error{};
    error.struct_size = sizeof error;
    error.code = code;
    error.message = borrow(message);
    error.data_json = borrow(data_json);
    return api_->fail(host_, call, &error);
  }
  mistify_status progress(mistify_call call, std::string_view json) const noexcept {
    return api_->progress(host_, call, borrow(json));
  }
  [[nodiscard]] bool is_cancelled(mistify_call call) const noexcept {
    return api_->is_cancelled(host_, call) != 0;
  }
  mistify_status set_deadline(mistify_call call, std::int64_t &deadline_ns) const noexcept {
    return api_->set_deadline(host_, call, &deadline_ns);
  }

private:
  template <auto Handler, class T>
  static void handle(mistify_plugin *, void *user, const mistify_request *request) noexcept {
    T *self = static_cast<T *>(user);
    try {
      (self->*Handler)(Request(*request));
    } catch (const std::exception &error) {
      self->host().fail(request->call, MISTIFY_CODE_FAILED, error.what(), R"({"kind":"internal"})");
    } catch (...) {
      self->host().fail(request->call, MISTIFY_CODE_FAILED, "an exception of an unknown kind",
                        R"({"kind":"internal"})");
    }
  }

  const mistify_host_api *api_;
  mistify_host *host_;
};

/// The table of a plugin that is implemented by the class T.
template <class T> struct PluginTable {
  static mistify_plugin *wrap(T *plugin) noexcept {
    return reinterpret_cast<mistify_plugin *>(plugin);
  }
  static T *unwrap(mistify_plugin *plugin) noexcept { return reinterpret_cast<T *>(plugin); }

  template <class Body>
  static mistify_status guarded(mistify_sink reason, void *ctx, Body body) noexcept {
    try {
      body();
      return MISTIFY_OK;
    } catch (const std::invalid_argument &error) {
      reason(ctx, borrow(error.what()));
      return MISTIFY_E_INVALID;
    } catch (const std::exception &error) {
      reason(ctx, borrow(error.what()));
      return MISTIFY_E_INTERNAL;
    } catch (...) {
      reason(ctx, borrow("an exception of an unknown kind"));
      return MISTIFY_E_INTERNAL;
    }
  }

  static mistify_status create(const mistify_host_api *api, mistify_host *host,
                               mistify_plugin **out, mistify_sink reason, void *ctx) noexcept {
    // Everything up to get_extension is in version 1.0.
    if (api->abi_major != MISTIFY_ABI_MAJOR ||
        !MISTIFY_COVERS(mistify_host_api, api, get_extension)) {
      reason(ctx, borrow("the host's table is of another version, or too short"));
      return MISTIFY_E_ABI;
    }
    // guarded() catches what new throws. NOLINTNEXTLINE(bugprone-unhandled-exception-at-new)
    return guarded(reason, ctx, [&] { *out = wrap(new T(HostServices(api, host))); });
  }
  static mistify_status start(mistify_plugin *self, mistify_sink reason, void *ctx) noexcept {
    return guarded(reason, ctx, [&] { unwrap(self)->start(); });
  }
  static void quiesce(mistify_plugin *self) noexcept { unwrap(self)->quiesce(); }
  static mistify_status stop(mistify_plugin *self, std::int64_t deadline_ns) noexcept {
    return unwrap(self)->stop(deadline_ns) ? MISTIFY_OK : MISTIFY_E_TIMEOUT;
  }
  static void destroy(mistify_plugin *self) noexcept { delete unwrap(self); }
  static void cancel(mistify_plugin *self, mistify_call call) noexcept {
    unwrap(self)->cancel(call);
  }
  static void check(mistify_plugin *self, const mistify_request *request) noexcept {
    if constexpr (requires(T * plugin, const Request &r) { plugin->check(r); })
      unwrap(self)->check(Request(*request));
  }

  static constexpr mistify_plugin_api make(const char *name, const char *version) noexcept {
    mistify_plugin_api api{};
    api.struct_size = sizeof api;
    api.abi_major = MISTIFY_ABI_MAJOR;
    api.abi_minor = MISTIFY_ABI_MINOR;
    api.name = name;
    api.version = version;
    api.create = &create;
    api.start = &start;
    if constexpr (requires(T * plugin, const Request &r) { plugin->check(r); })
      api.check = &check;
    api.quiesce = &quiesce;
    api.stop = &stop;
    api.destroy = &destroy;
    api.cancel = &cancel;
    return api;
  }
};

/// Defines the one exported function of a plugin.
#define MISTIFY_PLUGIN(CLASS, NAME, VERSION)                                                       \
  extern "C" MISTIFY_EXPORT const mistify_plugin_api *mistify_plugin_entry_v1() noexcept {         \
    static constexpr mistify_plugin_api kTable = mistify::PluginTable<CLASS>::make(NAME, VERSION); \
    return &kTable;                                                                                \
  }

} // namespace mistify
