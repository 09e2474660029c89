// SPDX-License-Identifier: Apache-2.0
//
// The host's services, as the plugins call them (mistify_host_api). Nothing throws from here.
#include "core.hpp"
#include "errors.hpp"
#include "json.hpp"
#include "text.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace mistify::detail {
namespace {

constexpr std::size_t kMaxMethodName = 128;
// So that it fits when counted in nanoseconds: 100 years.
constexpr std::int64_t kMaxDeadlineMs = std::int64_t{100} * 366 * 24 * 3600 * 1000;

LogLevel level_of(std::int32_t level) noexcept {
  return static_cast<LogLevel>(
      std::clamp<std::int32_t>(level, MISTIFY_LOG_DEBUG, MISTIFY_LOG_ERROR));
}

void log(mistify_host *h, std::int32_t level, mistify_str file, std::int32_t line,
         mistify_str message) noexcept {
  h->core->log.write(level_of(level), h->plugin->name, borrowed(file), line, borrowed(message));
}

std::int32_t log_enabled(mistify_host *h, std::int32_t level) noexcept {
  return h->core->log.enabled(level_of(level)) ? 1 : 0;
}

mistify_status config(mistify_host *h, mistify_sink sink, void *ctx) noexcept {
  if (sink == nullptr)
    return MISTIFY_E_INVALID;
  sink(ctx, lend(h->plugin->config));
  return MISTIFY_OK;
}

bool is_method_name(std::string_view name) noexcept {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  };
  const std::size_t dot = name.find('.', 1);
  return name.size() <= kMaxMethodName && dot != std::string_view::npos && dot + 1 < name.size() &&
         std::all_of(name.begin(), name.end(), allowed);
}

bool is_schema(std::string_view text) {
  if (text.empty())
    return true;
  try {
    const json::Kind kind = json::parse(text).kind;
    return kind == json::Kind::object || kind == json::Kind::boolean;
  } catch (const json::ParseError &) {
    return false;
  }
}

/// What is wrong with a method, or nothing.
std::string_view fault_of(const mistify_method *m) {
  if (m == nullptr || !MISTIFY_COVERS(mistify_method, m, user))
    return "its struct is too short";
  if (!is_method_name(borrowed(m->name)))
    return "its name is malformed (letters, digits, '_', '-' and '.', with a dot inside)";
  if (!is_schema(borrowed(m->params_schema_json)))
    return "the schema of its params is no JSON Schema";
  if (!is_schema(borrowed(m->result_schema_json)))
    return "the schema of its result is no JSON Schema";
  if (m->default_deadline_ms < 0 || m->default_deadline_ms > kMaxDeadlineMs)
    return "its default deadline is negative or absurd";
  if (m->handler == nullptr)
    return "it has no handler";
  return {};
}

/// Which loaded plugin has a method of that name, the one in creation included. That of the plugin
/// whose place it takes, which has the same name, is free.
const Plugin *owner_of(const Core &core, const Plugin &plugin, std::string_view name) {
  const bool own = std::any_of(plugin.methods.begin(), plugin.methods.end(),
                               [name](const Method &method) { return method.info.name == name; });
  if (own)
    return &plugin;
  const Plugin *other = core.registry.owner_of(name);
  return other != nullptr && other->name == plugin.name ? nullptr : other;
}

mistify_status add_method(Core &core, Plugin &plugin, const mistify_method *m) {
  const std::string_view fault = fault_of(m);
  if (!fault.empty()) {
    const std::string name = m != nullptr && MISTIFY_COVERS(mistify_method, m, name)
                                 ? " " + json::quoted(borrowed(m->name).substr(0, kMaxMethodName))
                                 : "";
    core.log.write(LogLevel::warning, "the plugin " + plugin.name + " registers a method" + name +
                                          ": " + std::string(fault));
    return MISTIFY_E_INVALID;
  }
  const std::string_view name = borrowed(m->name);
  if (const Plugin *owner = owner_of(core, plugin, name)) {
    plugin.taken_method =
        std::string(name) +
        (owner == &plugin ? " is registered twice" : " is a method of the plugin " + owner->name);
    return MISTIFY_E_EXISTS;
  }
  Method method;
  method.info.name = name;
  method.info.plugin = plugin.name;
  method.info.summary = one_line(borrowed(m->summary));
  method.info.params_schema_json = borrowed(m->params_schema_json);
  method.info.result_schema_json = borrowed(m->result_schema_json);
  method.info.default_deadline = std::chrono::milliseconds(m->default_deadline_ms);
  method.info.read_only = (m->flags & MISTIFY_METHOD_READ_ONLY) != 0;
  method.handler = m->handler;
  method.user = m->user;
  plugin.methods.push_back(std::move(method));
  return MISTIFY_OK;
}

mistify_status register_method(mistify_host *h, const mistify_method *m) noexcept {
  if (!h->plugin->creating.load())
    return MISTIFY_E_STATE;
  try {
    return add_method(*h->core, *h->plugin, m);
  } catch (...) {
    return MISTIFY_E_INTERNAL;
  }
}

/// The call must end even where its answer cannot be kept.
Answer out_of_memory() noexcept {
  // Short enough to need no memory.
  return {{}, CallError{kFailed, "out of memory", {}}};
}

mistify_status complete(mistify_host *h, mistify_call c, mistify_str result_json) noexcept {
  const std::string_view result = borrowed(result_json);
  Answer answer;
  try {
    if (result.empty())
      answer = empty_result();
    else
      answer.result_json = result;
  } catch (...) {
    answer = out_of_memory();
  }
  return h->core->calls.end(*h->plugin, c, std::move(answer));
}

mistify_status fail(mistify_host *h, mistify_call c, const mistify_error *e) noexcept {
  if (e == nullptr || !MISTIFY_COVERS(mistify_error, e, data_json))
    return MISTIFY_E_INVALID;
  Answer answer;
  try {
    std::string message = one_line(borrowed(e->message));
    if (message.empty())
      message = "failed, and the plugin did not say why";
    answer.error = CallError{e->code, std::move(message), std::string(borrowed(e->data_json))};
  } catch (...) {
    answer = out_of_memory();
  }
  return h->core->calls.end(*h->plugin, c, std::move(answer));
}

mistify_status progress(mistify_host *h, mistify_call c, mistify_str json) noexcept {
  return h->core->calls.progress(*h->plugin, c, borrowed(json));
}

std::int32_t is_cancelled(mistify_host *h, mistify_call c) noexcept {
  return h->core->calls.is_cancelled(*h->plugin, c) ? 1 : 0;
}

mistify_status set_deadline(mistify_host *h, mistify_call c, std::int64_t *deadline_ns) noexcept {
  if (deadline_ns == nullptr)
    return MISTIFY_E_INVALID;
  return h->core->calls.set_deadline(*h->plugin, c, *deadline_ns);
}

const void *get_extension(mistify_host *, mistify_str) noexcept {
  return nullptr;
}

} // namespace

mistify_host_api make_host_api(const HostOptions &options) noexcept {
  mistify_host_api api{};
  api.struct_size = sizeof api;
  api.abi_major = MISTIFY_ABI_MAJOR;
  api.abi_minor = MISTIFY_ABI_MINOR;
  api.host_name = options.name.c_str();
  api.host_version = options.version.c_str();
  api.log = &log;
  api.log_enabled = &log_enabled;
  api.config = &config;
  api.register_method = &register_method;
  api.complete = &complete;
  api.fail = &fail;
  api.progress = &progress;
  api.is_cancelled = &is_cancelled;
  api.set_deadline = &set_deadline;
  api.get_extension = &get_extension;
  return api;
}

} // namespace mistify::detail
