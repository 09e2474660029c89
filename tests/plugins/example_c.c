/* SPDX-License-Identifier: Apache-2.0
 *
 * A small but complete plugin in C99, written from mistify/plugin.h alone. Read it from the bottom
 * up: the table, then create() and stop(), then the methods.
 *
 *   ExampleC.Echo   answers with its params, inside the handler
 *   ExampleC.Wait   {"ms": N}: answers N milliseconds later, from a thread of the plugin
 *   ExampleC.Count  {"to": N}: tells its progress N times, then answers
 *
 * A plugin that does more than this takes a JSON library; number_in() below is good for a tutorial.
 * Compile with -D_POSIX_C_SOURCE=200809L, for the clock of the condition variable.
 */
#include "mistify/plugin.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* One call that waits. */
struct waiting {
  mistify_call call;
  int64_t due_ns;      /* when it is answered */
  int64_t deadline_ns; /* when it is given up */
  int64_t ms;
  int cancelled;
  struct waiting *next;
};

/* Everything hangs off the instance, nothing is static: the library can be unloaded, and two hosts
 * in one process do not meet here. */
struct mistify_plugin {
  const mistify_host_api *api; /* both stay valid until destroy() has returned */
  mistify_host *host;
  pthread_mutex_t mutex; /* guards all below */
  pthread_cond_t changed;
  pthread_t thread;
  struct waiting *list;
  int stopping;
};

/* ---- Text ------------------------------------------------------------------------------------ */

static mistify_str text(const char *literal) {
  mistify_str out = {literal, strlen(literal)};
  return out;
}

/* The number behind "key": in a flat JSON object, or -1. Texts are not NUL-terminated. */
static int64_t number_in(mistify_str json, const char *key) {
  const size_t key_len = strlen(key);
  uint64_t i;
  for (i = 0; i + key_len + 2 <= json.len; ++i) {
    int64_t value = 0;
    int digits = 0;
    if (json.ptr[i] != '"' || memcmp(json.ptr + i + 1, key, key_len) != 0 ||
        json.ptr[i + 1 + key_len] != '"')
      continue;
    i += key_len + 2;
    while (i < json.len && (json.ptr[i] == ' ' || json.ptr[i] == ':'))
      ++i;
    for (; i < json.len && json.ptr[i] >= '0' && json.ptr[i] <= '9' && digits < 15; ++i, ++digits)
      value = value * 10 + (json.ptr[i] - '0');
    return digits > 0 ? value : -1;
  }
  return -1;
}

static int is_empty_object(mistify_str json) {
  uint64_t i;
  int braces = 0;
  for (i = 0; i < json.len; ++i) {
    if (json.ptr[i] == '{' || json.ptr[i] == '}')
      ++braces;
    else if (json.ptr[i] != ' ' && json.ptr[i] != '\t' && json.ptr[i] != '\n')
      return 0;
  }
  return braces == 2;
}

/* ---- Ending calls ---------------------------------------------------------------------------- */

static void fail(mistify_plugin *self, mistify_call call, int32_t code, const char *message,
                 const char *data) {
  mistify_error error;
  memset(&error, 0, sizeof error);
  error.struct_size = sizeof error;
  error.code = code;
  error.message = text(message);
  error.data_json = text(data);
  self->api->fail(self->host, call, &error);
}

/* ---- The thread: ends the calls that wait ---------------------------------------------------- */

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* When the thread has to look at this call again. */
static int64_t next_event(const struct waiting *w) {
  return w->due_ns < w->deadline_ns ? w->due_ns : w->deadline_ns;
}

/* Takes one call that is to be ended out of the list, or tells when the next one will be. */
static struct waiting *take_ready(mistify_plugin *self, int64_t *earliest_ns) {
  struct waiting **at = &self->list;
  const int64_t now = now_ns();
  *earliest_ns = MISTIFY_NO_DEADLINE;
  for (; *at != NULL; at = &(*at)->next) {
    struct waiting *w = *at;
    if (self->stopping)
      w->cancelled = 1;
    if (w->cancelled || next_event(w) <= now) {
      *at = w->next;
      return w;
    }
    if (next_event(w) < *earliest_ns)
      *earliest_ns = next_event(w);
  }
  return NULL;
}

static void end_waiting(mistify_plugin *self, const struct waiting *w) {
  char result[64];
  if (now_ns() >= w->due_ns) {
    snprintf(result, sizeof result, "{\"waited_ms\":%" PRId64 "}", w->ms);
    self->api->complete(self->host, w->call, text(result));
  } else if (w->cancelled) {
    fail(self, w->call, MISTIFY_CODE_FAILED, "the wait was cancelled",
         "{\"kind\":\"cancelled\",\"retryable\":true}");
  } else {
    fail(self, w->call, MISTIFY_CODE_FAILED, "the deadline came before the end of the wait",
         "{\"kind\":\"timeout\",\"retryable\":true}");
  }
}

static void *run(void *arg) {
  mistify_plugin *self = arg;
  pthread_mutex_lock(&self->mutex);
  for (;;) {
    int64_t earliest_ns;
    struct waiting *w = take_ready(self, &earliest_ns);
    if (w != NULL) {
      /* No lock is held while the host is called: it may call back (cancel). */
      pthread_mutex_unlock(&self->mutex);
      end_waiting(self, w);
      free(w);
      pthread_mutex_lock(&self->mutex);
    } else if (self->stopping) {
      break;
    } else if (earliest_ns == MISTIFY_NO_DEADLINE) {
      pthread_cond_wait(&self->changed, &self->mutex);
    } else {
      struct timespec until;
      until.tv_sec = (time_t)(earliest_ns / 1000000000);
      until.tv_nsec = (long)(earliest_ns % 1000000000);
      pthread_cond_timedwait(&self->changed, &self->mutex, &until);
    }
  }
  pthread_mutex_unlock(&self->mutex);
  return NULL;
}

/* ---- Methods --------------------------------------------------------------------------------- */

/* Answers at once. The params are borrowed, and the host copies the result. */
static void echo(mistify_plugin *self, void *user, const mistify_request *req) {
  (void)user;
  self->api->complete(self->host, req->call, req->params_json);
}

/* Begins the wait and returns; the thread ends the call. */
static void wait_method(mistify_plugin *self, void *user, const mistify_request *req) {
  const int64_t ms = number_in(req->params_json, "ms");
  struct waiting *w;
  (void)user;
  if (ms < 0 || ms > 86400000) {
    fail(self, req->call, MISTIFY_CODE_INVALID_PARAMS,
         "\"ms\" is missing or out of range: expected a number from 0 to 86400000",
         "{\"kind\":\"invalid\",\"retryable\":false}");
    return;
  }
  w = calloc(1, sizeof *w);
  if (w == NULL) {
    fail(self, req->call, MISTIFY_CODE_FAILED, "out of memory", "{\"kind\":\"internal\"}");
    return;
  }
  w->call = req->call;
  w->ms = ms;
  w->due_ns = now_ns() + ms * 1000000;
  w->deadline_ns = req->deadline_ns;
  if (w->due_ns > w->deadline_ns) {
    /* Longer than the default allows: ask for more. A deadline of the caller's own stays. */
    int64_t wish = w->due_ns + 1000000000;
    if (self->api->set_deadline(self->host, req->call, &wish) == MISTIFY_OK)
      w->deadline_ns = wish;
  }
  pthread_mutex_lock(&self->mutex);
  w->next = self->list;
  self->list = w;
  pthread_cond_signal(&self->changed);
  pthread_mutex_unlock(&self->mutex);
}

static void count(mistify_plugin *self, void *user, const mistify_request *req) {
  const int64_t to = number_in(req->params_json, "to");
  char json[96];
  int64_t i;
  (void)user;
  if (to < 0 || to > 1000) {
    fail(self, req->call, MISTIFY_CODE_INVALID_PARAMS,
         "\"to\" is missing or out of range: expected a number from 0 to 1000",
         "{\"kind\":\"invalid\",\"retryable\":false}");
    return;
  }
  for (i = 1; i <= to; ++i) {
    snprintf(json, sizeof json,
             "{\"message\":\"counting\",\"done\":%" PRId64 ",\"total\":%" PRId64 "}", i, to);
    self->api->progress(self->host, req->call, text(json));
  }
  snprintf(json, sizeof json, "{\"counted\":%" PRId64 "}", to);
  self->api->complete(self->host, req->call, text(json));
}

/* ---- The life of the plugin ------------------------------------------------------------------ */

static mistify_status add(mistify_plugin *self, const char *name, const char *summary,
                          const char *params_schema, int64_t default_deadline_ms,
                          mistify_handler handler) {
  mistify_method method;
  memset(&method, 0, sizeof method);
  method.struct_size = sizeof method;
  method.flags = MISTIFY_METHOD_READ_ONLY;
  method.name = text(name);
  method.summary = text(summary);
  method.params_schema_json = text(params_schema);
  method.default_deadline_ms = default_deadline_ms;
  method.handler = handler;
  return self->api->register_method(self->host, &method);
}

static void check_config(void *ctx, mistify_str config) {
  *(int *)ctx = is_empty_object(config);
}

static mistify_status create(const mistify_host_api *api, mistify_host *host, mistify_plugin **out,
                             mistify_sink reason, void *reason_ctx) {
  mistify_plugin *self;
  pthread_condattr_t clock;
  int config_is_empty = 0;
  mistify_status status;
  /* Everything up to get_extension is in version 1.0; a host with less is none of version 1. */
  if (api->abi_major != MISTIFY_ABI_MAJOR ||
      !MISTIFY_COVERS(mistify_host_api, api, get_extension)) {
    reason(reason_ctx, text("the host's table is of another version, or too short"));
    return MISTIFY_E_ABI;
  }
  if (api->config(host, check_config, &config_is_empty) != MISTIFY_OK || !config_is_empty) {
    reason(reason_ctx, text("example_c takes no configuration: expected {}"));
    return MISTIFY_E_INVALID;
  }
  self = calloc(1, sizeof *self);
  if (self == NULL)
    return MISTIFY_E_INTERNAL;
  self->api = api;
  self->host = host;
  pthread_mutex_init(&self->mutex, NULL);
  pthread_condattr_init(&clock);
  pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
  pthread_cond_init(&self->changed, &clock);
  pthread_condattr_destroy(&clock);

  status = add(self, "ExampleC.Echo", "Answers with its params", "", 1000, echo);
  if (status == MISTIFY_OK)
    status = add(self, "ExampleC.Wait", "Answers after a while",
                 "{\"type\":\"object\",\"required\":[\"ms\"],"
                 "\"properties\":{\"ms\":{\"type\":\"integer\",\"minimum\":0}}}",
                 10000, wait_method);
  if (status == MISTIFY_OK)
    status = add(self, "ExampleC.Count", "Tells its progress, then answers", "", 1000, count);
  if (status != MISTIFY_OK) {
    reason(reason_ctx, text("the host refused a method"));
    pthread_cond_destroy(&self->changed);
    pthread_mutex_destroy(&self->mutex);
    free(self);
    return status;
  }
  *out = self;
  return MISTIFY_OK;
}

static mistify_status start(mistify_plugin *self, mistify_sink reason, void *reason_ctx) {
  if (pthread_create(&self->thread, NULL, run, self) != 0) {
    reason(reason_ctx, text("no thread could be started"));
    return MISTIFY_E_INTERNAL;
  }
  self->api->log(self->host, MISTIFY_LOG_INFO, text(__FILE__), __LINE__, text("started"));
  return MISTIFY_OK;
}

static void check(mistify_plugin *self, const mistify_request *req) {
  char json[64];
  const struct waiting *w;
  int waiting = 0;
  pthread_mutex_lock(&self->mutex);
  for (w = self->list; w != NULL; w = w->next)
    ++waiting;
  pthread_mutex_unlock(&self->mutex);
  snprintf(json, sizeof json, "{\"ready\":true,\"waiting\":%d}", waiting);
  self->api->complete(self->host, req->call, text(json));
}

/* Nothing to do: the calls that wait go on. */
static void quiesce(mistify_plugin *self) {
  (void)self;
}

/* The thread ends what is open before it leaves, and it never waits for anything outside. */
static mistify_status stop(mistify_plugin *self, int64_t deadline_ns) {
  (void)deadline_ns;
  pthread_mutex_lock(&self->mutex);
  self->stopping = 1;
  pthread_cond_signal(&self->changed);
  pthread_mutex_unlock(&self->mutex);
  pthread_join(self->thread, NULL);
  return MISTIFY_OK;
}

static void destroy(mistify_plugin *self) {
  pthread_cond_destroy(&self->changed);
  pthread_mutex_destroy(&self->mutex);
  free(self);
}

/* May come from any thread, for a call that has ended already. Only marks it: the thread ends it.
 */
static void cancel(mistify_plugin *self, mistify_call call) {
  struct waiting *w;
  pthread_mutex_lock(&self->mutex);
  for (w = self->list; w != NULL; w = w->next) {
    if (w->call == call)
      w->cancelled = 1;
  }
  pthread_cond_signal(&self->changed);
  pthread_mutex_unlock(&self->mutex);
}

/* ---- The table ------------------------------------------------------------------------------- */

static const mistify_plugin_api table = {
    sizeof(mistify_plugin_api),
    MISTIFY_ABI_MAJOR,
    MISTIFY_ABI_MINOR,
    "example_c",
    "1.0",
    create,
    start,
    check,
    quiesce,
    stop,
    destroy,
    cancel,
    NULL, /* get_extension */
};

const mistify_plugin_api *mistify_plugin_entry_v1(void) {
  return &table;
}
