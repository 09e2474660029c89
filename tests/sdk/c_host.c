/* SPDX-License-Identifier: Apache-2.0
 *
 * A host in C99, from mistify/plugin.h alone: takes a plugin through its life and checks what it
 * does. Proves that the header says enough, from the host's side, for any language.
 *
 *   c_host PLUGIN
 */
#include "mistify/plugin.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define REQUIRE(CONDITION)                                                                         \
  do {                                                                                             \
    if (!(CONDITION)) {                                                                            \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #CONDITION);                      \
      abort();                                                                                     \
    }                                                                                              \
  } while (0)

enum { max_methods = 32, max_text = 512 };

struct method {
  char name[129];
  mistify_handler handler;
  void *user;
};

/* One call at a time is enough to see all of the interface. */
struct mistify_host {
  const char *config;
  int creating;
  int methods;
  struct method method[max_methods];
  pthread_mutex_t mutex;
  pthread_cond_t ended;
  mistify_call open;
  mistify_call last;
  int result_len; /* -1: the call failed */
  char text[max_text];
  int progress;
  char reason[max_text];
};

static mistify_str text(const char *literal) {
  mistify_str out = {literal, strlen(literal)};
  return out;
}

static void copy_text(char *to, mistify_str from) {
  const size_t len = from.len < max_text - 1 ? (size_t)from.len : max_text - 1;
  if (len > 0)
    memcpy(to, from.ptr, len);
  to[len] = '\0';
}

/* ---- The services ---------------------------------------------------------------------------- */

static void host_log(mistify_host *h, int32_t level, mistify_str file, int32_t line,
                     mistify_str message) {
  (void)h;
  (void)file;
  (void)line;
  printf("log %d: %.*s\n", (int)level, (int)message.len, message.ptr);
}

static int32_t host_log_enabled(mistify_host *h, int32_t level) {
  (void)h;
  return level >= MISTIFY_LOG_INFO;
}

static mistify_status host_config(mistify_host *h, mistify_sink sink, void *ctx) {
  if (sink == NULL)
    return MISTIFY_E_INVALID;
  sink(ctx, text(h->config));
  return MISTIFY_OK;
}

static mistify_status host_register(mistify_host *h, const mistify_method *m) {
  struct method *at = &h->method[h->methods];
  if (!h->creating)
    return MISTIFY_E_STATE;
  REQUIRE(h->methods < max_methods);
  REQUIRE(MISTIFY_HAS(mistify_method, m, handler));
  REQUIRE(m->name.len > 0 && m->name.len < sizeof at->name);
  memcpy(at->name, m->name.ptr, (size_t)m->name.len);
  at->name[m->name.len] = '\0';
  REQUIRE(strchr(at->name, '.') != NULL);
  at->handler = m->handler;
  at->user = m->user;
  ++h->methods;
  return MISTIFY_OK;
}

static mistify_status end(mistify_host *h, mistify_call c, mistify_str value, int failed) {
  mistify_status status = MISTIFY_E_STATE;
  pthread_mutex_lock(&h->mutex);
  if (c != 0 && c == h->open) {
    h->open = 0;
    copy_text(h->text, value);
    h->result_len = failed ? -1 : (int)value.len;
    pthread_cond_signal(&h->ended);
    status = MISTIFY_OK;
  }
  pthread_mutex_unlock(&h->mutex);
  return status;
}

static mistify_status host_complete(mistify_host *h, mistify_call c, mistify_str result) {
  return end(h, c, result, 0);
}

static mistify_status host_fail(mistify_host *h, mistify_call c, const mistify_error *e) {
  if (e == NULL || !MISTIFY_COVERS(mistify_error, e, data_json))
    return MISTIFY_E_INVALID;
  return end(h, c, e->message, 1);
}

static mistify_status host_progress(mistify_host *h, mistify_call c, mistify_str json) {
  mistify_status status;
  REQUIRE(json.len > 0 && json.ptr[0] == '{');
  pthread_mutex_lock(&h->mutex);
  status = c == h->open ? MISTIFY_OK : MISTIFY_E_STATE;
  h->progress += status == MISTIFY_OK;
  pthread_mutex_unlock(&h->mutex);
  return status;
}

static int32_t host_is_cancelled(mistify_host *h, mistify_call c) {
  int32_t gone;
  pthread_mutex_lock(&h->mutex);
  gone = c != h->open;
  pthread_mutex_unlock(&h->mutex);
  return gone;
}

static mistify_status host_set_deadline(mistify_host *h, mistify_call c, int64_t *deadline_ns) {
  (void)h;
  (void)c;
  return deadline_ns == NULL ? MISTIFY_E_INVALID : MISTIFY_OK;
}

static const void *host_get_extension(mistify_host *h, mistify_str id) {
  (void)h;
  (void)id;
  return NULL;
}

static const mistify_host_api services = {sizeof(mistify_host_api),
                                          MISTIFY_ABI_MAJOR,
                                          MISTIFY_ABI_MINOR,
                                          "c_host",
                                          "1.0",
                                          host_log,
                                          host_log_enabled,
                                          host_config,
                                          host_register,
                                          host_complete,
                                          host_fail,
                                          host_progress,
                                          host_is_cancelled,
                                          host_set_deadline,
                                          host_get_extension};

/* ---- Driving a plugin ------------------------------------------------------------------------ */

static int64_t in_seconds(int seconds) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return ((int64_t)now.tv_sec + seconds) * 1000000000 + now.tv_nsec;
}

static mistify_request begin(mistify_host *h, const char *name, const char *params) {
  mistify_request request;
  memset(&request, 0, sizeof request);
  request.struct_size = sizeof request;
  pthread_mutex_lock(&h->mutex);
  request.call = h->open = ++h->last;
  h->progress = 0;
  pthread_mutex_unlock(&h->mutex);
  request.method = text(name);
  request.params_json = text(params);
  request.deadline_ns = in_seconds(30);
  request.answer_by_ns = in_seconds(32);
  return request;
}

static void wait_for_end(mistify_host *h) {
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += 60;
  pthread_mutex_lock(&h->mutex);
  while (h->open != 0)
    REQUIRE(pthread_cond_timedwait(&h->ended, &h->mutex, &until) != ETIMEDOUT);
  pthread_mutex_unlock(&h->mutex);
}

/* Begins a call; returns its id. */
static mistify_call dispatch(mistify_host *h, mistify_plugin *plugin, const char *name,
                             const char *params) {
  const mistify_request request = begin(h, name, params);
  int i;
  for (i = 0; i < h->methods; ++i) {
    if (strcmp(h->method[i].name, name) == 0) {
      h->method[i].handler(plugin, h->method[i].user, &request);
      return request.call;
    }
  }
  fprintf(stderr, "no method %s\n", name);
  abort();
}

static void take_reason(void *ctx, mistify_str value) {
  copy_text(((mistify_host *)ctx)->reason, value);
}

static void refuses_a_wrong_host(const mistify_plugin_api *api, mistify_host *h) {
  mistify_plugin *plugin = NULL;
  mistify_host_api other = services;
  other.struct_size = (uint32_t)offsetof(mistify_host_api, get_extension);
  REQUIRE(api->create(&other, h, &plugin, take_reason, h) == MISTIFY_E_ABI);
  other = services;
  other.abi_major = MISTIFY_ABI_MAJOR + 1;
  REQUIRE(api->create(&other, h, &plugin, take_reason, h) == MISTIFY_E_ABI);
}

static void refuses_an_unknown_key(const mistify_plugin_api *api, mistify_host *h) {
  mistify_plugin *plugin = NULL;
  h->reason[0] = '\0';
  h->config = "{\"no_such_key\":1}";
  h->creating = 1;
  REQUIRE(api->create(&services, h, &plugin, take_reason, h) != MISTIFY_OK);
  h->creating = 0;
  REQUIRE(h->reason[0] != '\0' && strchr(h->reason, '\n') == NULL);
  h->methods = 0;
}

static void checks(const mistify_plugin_api *api, mistify_host *h, mistify_plugin *plugin) {
  mistify_request request;
  if (!MISTIFY_HAS(mistify_plugin_api, api, check))
    return;
  request = begin(h, "", "{}");
  api->check(plugin, &request);
  wait_for_end(h);
  REQUIRE(h->result_len > 0);
  REQUIRE(strstr(h->text, "\"ready\"") != NULL);
}

static void serves_as_the_c_example(const mistify_plugin_api *api, mistify_host *h,
                                    mistify_plugin *plugin) {
  mistify_call call;
  dispatch(h, plugin, "ExampleC.Echo", "{\"a\":[1,2]}");
  REQUIRE(h->open == 0); /* inside the handler */
  REQUIRE(strcmp(h->text, "{\"a\":[1,2]}") == 0);

  dispatch(h, plugin, "ExampleC.Wait", "{\"ms\":20}");
  wait_for_end(h);
  REQUIRE(strcmp(h->text, "{\"waited_ms\":20}") == 0);

  dispatch(h, plugin, "ExampleC.Wait", "{\"minutes\":1}");
  REQUIRE(h->result_len == -1);
  REQUIRE(strstr(h->text, "\"ms\" is missing") != NULL);

  dispatch(h, plugin, "ExampleC.Count", "{\"to\":7}");
  REQUIRE(h->progress == 7);
  REQUIRE(strcmp(h->text, "{\"counted\":7}") == 0);

  call = dispatch(h, plugin, "ExampleC.Wait", "{\"ms\":86400000}");
  api->cancel(plugin, call);
  wait_for_end(h);
  REQUIRE(h->result_len == -1);
  api->cancel(plugin, call);       /* has ended: ignored */
  api->cancel(plugin, call + 100); /* never was: ignored */

  /* Left open: stop() ends it. */
  call = dispatch(h, plugin, "ExampleC.Wait", "{\"ms\":86400000}");
  api->quiesce(plugin);
  REQUIRE(h->open == call);
  api->cancel(plugin, call);
}

int main(int argc, char **argv) {
  static mistify_host h;
  mistify_plugin *plugin = NULL;
  const mistify_plugin_api *api;
  mistify_entry entry;
  void *library;
  REQUIRE(argc == 2);
  pthread_mutex_init(&h.mutex, NULL);
  pthread_cond_init(&h.ended, NULL);

  library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  REQUIRE(library != NULL);
  *(void **)&entry = dlsym(library, MISTIFY_ENTRY_SYMBOL);
  REQUIRE(entry != NULL);
  api = entry();
  REQUIRE(api != NULL && api == entry());
  REQUIRE(api->abi_major == MISTIFY_ABI_MAJOR);
  REQUIRE(MISTIFY_COVERS(mistify_plugin_api, api, get_extension));

  refuses_a_wrong_host(api, &h);
  refuses_an_unknown_key(api, &h);

  h.config = "{}";
  h.creating = 1;
  if (api->create(&services, &h, &plugin, take_reason, &h) != MISTIFY_OK)
    fprintf(stderr, "create: %s\n", h.reason);
  h.creating = 0;
  REQUIRE(plugin != NULL);
  REQUIRE(h.methods > 0);
  REQUIRE(api->start(plugin, take_reason, &h) == MISTIFY_OK);
  checks(api, &h, plugin);
  if (strcmp(api->name, "example_c") == 0)
    serves_as_the_c_example(api, &h, plugin);
  else
    api->quiesce(plugin);
  REQUIRE(api->stop(plugin, in_seconds(30)) == MISTIFY_OK);
  REQUIRE(h.open == 0);
  api->destroy(plugin);
  REQUIRE(dlclose(library) == 0);
  REQUIRE(dlopen(argv[1], RTLD_NOW | RTLD_NOLOAD) == NULL);
  pthread_cond_destroy(&h.ended);
  pthread_mutex_destroy(&h.mutex);
  printf("%s: sound\n", argv[1]);
  return 0;
}
