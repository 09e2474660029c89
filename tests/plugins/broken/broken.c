/* SPDX-License-Identifier: Apache-2.0
 *
 * A plugin that is compiled once for each way of being broken. Without a BREAK_... it is sound.
 * What is called of it is logged, so that a test sees how far its host went.
 */
#include "mistify/plugin.h"

#include <stdlib.h>
#include <string.h>

#ifndef PLUGIN_NAME
#define PLUGIN_NAME "broken"
#endif
#ifndef PLUGIN_MAJOR
#define PLUGIN_MAJOR MISTIFY_ABI_MAJOR
#endif
#ifndef METHOD_NAME
#define METHOD_NAME "Broken.Method"
#endif

struct mistify_plugin {
  const mistify_host_api *api;
  mistify_host *host;
  int stops;
};

static mistify_str text(const char *literal) {
  mistify_str out = {literal, strlen(literal)};
  return out;
}

static void say(const mistify_host_api *api, mistify_host *host, const char *what) {
  api->log(host, MISTIFY_LOG_INFO, text(""), 0, text(what));
}

static void method(mistify_plugin *self, void *user, const mistify_request *req) {
  (void)user;
  self->api->complete(self->host, req->call, text("{}"));
}

static mistify_status add(const mistify_host_api *api, mistify_host *host) {
  mistify_method m;
  memset(&m, 0, sizeof m);
  m.struct_size = sizeof m;
  m.name = text(METHOD_NAME);
  m.handler = method;
  return api->register_method(host, &m);
}

static mistify_status create(const mistify_host_api *api, mistify_host *host, mistify_plugin **out,
                             mistify_sink reason, void *ctx) {
  mistify_plugin *self;
  mistify_status status;
  say(api, host, "create");
#if defined(BREAK_CREATE_REASON)
  reason(ctx, text("the engine is painted\nred: expected blue"));
  return MISTIFY_E_INVALID;
#elif defined(BREAK_CREATE_SILENT)
  return MISTIFY_E_INTERNAL;
#elif defined(BREAK_CREATE_STATUS)
  return 17;
#elif defined(BREAK_CREATE_EMPTY)
  return MISTIFY_OK;
#endif
  (void)reason;
  (void)ctx;
  status = add(api, host);
#if defined(BREAK_METHOD_TWICE)
  if (status == MISTIFY_OK)
    status = add(api, host);
#elif defined(BREAK_METHOD_TWICE_IGNORED)
  (void)add(api, host);
#endif
  if (status != MISTIFY_OK)
    return status;
  self = calloc(1, sizeof *self);
  if (self == NULL)
    return MISTIFY_E_INTERNAL;
  self->api = api;
  self->host = host;
  *out = self;
  return MISTIFY_OK;
}

static mistify_status start(mistify_plugin *self, mistify_sink reason, void *ctx) {
  say(self->api, self->host, "start");
#if defined(BREAK_START)
  reason(ctx, text("no thread could be started"));
  return MISTIFY_E_INTERNAL;
#else
  (void)reason;
  (void)ctx;
  return MISTIFY_OK;
#endif
}

static void quiesce(mistify_plugin *self) {
  say(self->api, self->host, "quiesce");
}

static mistify_status stop(mistify_plugin *self, int64_t deadline_ns) {
  (void)deadline_ns;
  say(self->api, self->host, "stop");
#if defined(BREAK_STOP_ONCE)
  if (self->stops++ == 0)
    return MISTIFY_E_TIMEOUT;
#endif
  return MISTIFY_OK;
}

static void destroy(mistify_plugin *self) {
  say(self->api, self->host, "destroy");
  free(self);
}

static void cancel(mistify_plugin *self, mistify_call call) {
  (void)self;
  (void)call;
}

/* What a later minor version might append. */
struct longer_api {
  mistify_plugin_api known;
  void (*of_the_future)(mistify_plugin *self);
};

static const struct longer_api table = {
    {
#if defined(BREAK_SHORT)
        offsetof(mistify_plugin_api, get_extension),
#elif defined(BREAK_TINY)
        4,
#elif defined(LONGER)
        sizeof(struct longer_api),
#else
        sizeof(mistify_plugin_api),
#endif
        PLUGIN_MAJOR,
#if defined(LONGER)
        MISTIFY_ABI_MINOR + 1,
#else
        MISTIFY_ABI_MINOR,
#endif
        PLUGIN_NAME, "0.1",
#if defined(BREAK_NO_CREATE)
        NULL,
#else
        create,
#endif
#if defined(BREAK_NO_START)
        NULL,
#else
        start,
#endif
        NULL, /* check */
#if defined(BREAK_NO_QUIESCE)
        NULL,
#else
        quiesce,
#endif
#if defined(BREAK_NO_STOP)
        NULL,
#else
        stop,
#endif
#if defined(BREAK_NO_DESTROY)
        NULL,
#else
        destroy,
#endif
#if defined(BREAK_NO_CANCEL)
        NULL,
#else
        cancel,
#endif
        NULL, /* get_extension */
    },
    NULL,
};

/* So that what a variant leaves out of its table is no unused function. */
const void *mistify_broken_keep(void);
const void *mistify_broken_keep(void) {
  static const mistify_plugin_api all = {
      0, 0, 0, NULL, NULL, create, start, NULL, quiesce, stop, destroy, cancel, NULL,
  };
  return &all;
}

#if !defined(BREAK_NO_SYMBOL)
const mistify_plugin_api *mistify_plugin_entry_v1(void) {
#if defined(BREAK_NULL_TABLE)
  (void)table;
  return NULL;
#else
  return &table.known;
#endif
}
#else
const void *mistify_plugin_entry_v2(void);
const void *mistify_plugin_entry_v2(void) {
  return &table;
}
#endif

#if defined(BREAK_UNRESOLVED)
extern void mistify_nobody_defines_this(void);
void mistify_broken_call(void);
void mistify_broken_call(void) {
  mistify_nobody_defines_this();
}
#endif
