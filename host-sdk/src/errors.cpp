// SPDX-License-Identifier: Apache-2.0
#include "errors.hpp"
#include "json.hpp"
#include "text.hpp"

#include <utility>

namespace mistify::detail {
namespace {

constexpr std::size_t kShownName = 128; ///< A hostile name is not repeated at any length.
constexpr std::string_view kReload = "reload";

std::string named(std::string_view method) {
  return method.empty() ? std::string("the check") : std::string(method);
}

void append_member(std::string &out, std::string_view key, std::string_view value) {
  if (value.empty())
    return;
  out += ",\"";
  out += key;
  out += "\":";
  json::append_string(out, value);
}

/// A call that its plugin has begun and not ended. A read may be asked again; a change may have
/// happened or not, and asking again is not for a machine.
Answer unanswered(std::string_view method, bool read_only, const std::string &why,
                  std::string_view kind_of_read, std::string_view phase) {
  std::string message = named(method) + ": " + why;
  if (!read_only)
    message += "; its outcome is unknown, look it up before it is sent again";
  return failure(kFailed, std::move(message),
                 {.kind = read_only ? kind_of_read : "unknown_outcome",
                  .retryable = read_only,
                  .method = method,
                  .phase = phase});
}

} // namespace

Answer failure(int code, std::string message, const ErrorData &data) {
  std::string text;
  text.reserve(128);
  text += "{\"kind\":\"";
  text += data.kind;
  text += data.retryable ? "\",\"retryable\":true" : "\",\"retryable\":false";
  append_member(text, "method", data.method);
  append_member(text, "phase", data.phase);
  text += '}';
  return {{}, CallError{code, std::move(message), std::move(text)}};
}

Answer no_such_method(std::string_view name) {
  const std::string_view shown = name.substr(0, kShownName);
  return failure(kMethodNotFound, "no such method: " + json::quoted(shown),
                 {.kind = "not_found", .method = shown});
}

Answer no_such_plugin(std::string_view name) {
  return failure(kFailed, "no such plugin: " + json::quoted(name.substr(0, kShownName)),
                 {.kind = "not_found"});
}

Answer too_many_calls(std::string_view method, std::size_t limit) {
  return failure(kBusy,
                 "busy: " + std::to_string(limit) +
                     " calls are in flight, which is as many as this host takes",
                 {.kind = "busy", .retryable = true, .method = method});
}

Answer plugin_going(std::string_view method) {
  return failure(kBusy, "the plugin is being unloaded",
                 {.kind = "busy", .retryable = true, .method = method, .phase = "unload"});
}

Answer host_going(std::string_view method) {
  return failure(kBusy, "the host is shutting down",
                 {.kind = "unavailable",
                  .retryable = true,
                  .method = method.substr(0, kShownName),
                  .phase = "shutdown"});
}

Answer timed_out(std::string_view method, bool read_only, std::string_view phase) {
  return unanswered(method, read_only, "no answer from the plugin before the deadline", "timeout",
                    phase);
}

Answer cancelled(std::string_view method, std::string_view phase) {
  return failure(kFailed, named(method) + ": cancelled: the caller is gone",
                 {.kind = "cancelled", .method = method, .phase = phase});
}

Answer cut_short(std::string_view method, bool read_only, std::string_view why,
                 std::string_view phase) {
  return unanswered(method, read_only, "cancelled: " + std::string(why), "cancelled", phase);
}

Answer timed_out_waiting(std::string_view method) {
  return failure(kFailed,
                 named(method) + ": no answer before the deadline: the plugin is being reloaded",
                 {.kind = "timeout", .retryable = true, .method = method, .phase = kReload});
}

Answer plugin_busy(std::string_view method) {
  return failure(kBusy,
                 named(method) + ": the plugin could not be reloaded, it is busy with older calls",
                 {.kind = "busy", .retryable = true, .method = method, .phase = kReload});
}

Answer plugin_gone(std::string_view method) {
  return failure(kBusy, named(method) + ": the plugin could not be reloaded, and is gone",
                 {.kind = "unavailable", .retryable = true, .method = method, .phase = kReload});
}

Answer empty_result() {
  return failure(kFailed, "the plugin ended the call with an empty result", {.kind = "internal"});
}

} // namespace mistify::detail
