// SPDX-License-Identifier: Apache-2.0
#include "puppet.hpp"

#include <charconv>
#include <cstring>
#include <new>
#include <string_view>

// A second version, for tests of what changes between two. It has Puppet.New in the place of
// Puppet.Timed.
#if !defined(PUPPET_VERSION)
#define PUPPET_VERSION "1.0"
#define PUPPET_LAST "Puppet.Timed", 0, kPuppetDeadlineMs
#else
#define PUPPET_LAST "Puppet.New", 0, 0
#endif

struct mistify_plugin {
  Puppet *puppet;
};

namespace {

mistify_str lend(std::string_view text) {
  return {text.data(), text.size()};
}

void read_config(void *ctx, mistify_str config) noexcept {
  const std::string_view text(config.ptr, config.len);
  const std::size_t digits = text.find_first_of("0123456789");
  std::uintptr_t address = 0;
  if (digits != std::string_view::npos)
    std::from_chars(text.data() + digits, text.data() + text.size(), address);
  std::memcpy(ctx, &address, sizeof address); // ctx is where the Puppet * goes
}

void call(mistify_plugin *self, void *, const mistify_request *req) noexcept {
  if (self->puppet->on_call)
    self->puppet->on_call(*req);
}

mistify_status add(const Puppet &puppet, std::string_view name, std::uint32_t flags,
                   std::int64_t deadline_ms) {
  mistify_method method{};
  method.struct_size = sizeof method;
  method.flags = flags;
  method.name = lend(name);
  method.summary = lend("As the test says");
  method.default_deadline_ms = deadline_ms;
  method.handler = &call;
  return puppet.api->register_method(puppet.host, &method);
}

mistify_status create(const mistify_host_api *api, mistify_host *host, mistify_plugin **out,
                      mistify_sink reason, void *ctx) noexcept {
  Puppet *puppet = nullptr;
  if (api->config(host, &read_config, &puppet) != MISTIFY_OK || puppet == nullptr) {
    reason(ctx, lend("the puppet has no strings: expected {\"puppet\": \"ADDRESS\"}"));
    return MISTIFY_E_INVALID;
  }
  puppet->api = api;
  puppet->host = host;
  if (add(*puppet, "Puppet.Change", 0, 0) != MISTIFY_OK ||
      add(*puppet, "Puppet.Read", MISTIFY_METHOD_READ_ONLY, 0) != MISTIFY_OK ||
      add(*puppet, PUPPET_LAST) != MISTIFY_OK)
    return MISTIFY_E_INTERNAL;
  if (puppet->on_create) {
    const mistify_status status = puppet->on_create(reason, ctx);
    if (status != MISTIFY_OK)
      return status;
  }
  *out = new (std::nothrow) mistify_plugin{puppet};
  return *out != nullptr ? MISTIFY_OK : MISTIFY_E_INTERNAL;
}

mistify_status start(mistify_plugin *self, mistify_sink reason, void *ctx) noexcept {
  return self->puppet->on_start ? self->puppet->on_start(reason, ctx) : MISTIFY_OK;
}

void check(mistify_plugin *self, const mistify_request *req) noexcept {
  const Puppet &puppet = *self->puppet;
  if (puppet.on_check)
    puppet.on_check(*req);
  else
    puppet.api->complete(puppet.host, req->call, lend(R"({"ready":false})"));
}

void quiesce(mistify_plugin *self) noexcept {
  if (self->puppet->on_quiesce)
    self->puppet->on_quiesce();
}

mistify_status stop(mistify_plugin *self, std::int64_t deadline_ns) noexcept {
  return self->puppet->on_stop ? self->puppet->on_stop(deadline_ns) : MISTIFY_OK;
}

void destroy(mistify_plugin *self) noexcept {
  if (self->puppet->on_destroy)
    self->puppet->on_destroy();
  delete self;
}

void cancel(mistify_plugin *self, mistify_call call) noexcept {
  if (self->puppet->on_cancel)
    self->puppet->on_cancel(call);
}

constexpr mistify_plugin_api kTable = {
    sizeof(mistify_plugin_api),
    MISTIFY_ABI_MAJOR,
    MISTIFY_ABI_MINOR,
    "puppet",
    PUPPET_VERSION,
    &create,
    &start,
    &check,
    &quiesce,
    &stop,
    &destroy,
    &cancel,
    nullptr,
};

} // namespace

extern "C" MISTIFY_EXPORT const mistify_plugin_api *mistify_plugin_entry_v1() noexcept {
  return &kTable;
}
