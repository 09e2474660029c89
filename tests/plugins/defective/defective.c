/* SPDX-License-Identifier: Apache-2.0
 *
 * A plugin that is compiled once for each promise of mistify/plugin.h that it breaks, and breaks no
 * other. Without a DEFECT_... it is sound.
 *
 *   Defective.Echo  answers inside the handler, with its params
 *   Defective.Hold  answers from the plugin's thread, when its time is up or it is cancelled
 */
#include "mistify/plugin.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#if !defined(METHOD_NAME)
#define METHOD_NAME "Defective.Echo"
#endif

struct held {
  mistify_call call;
  mistify_str params; /* of the request: nobody's business when its handler has returned */
  int64_t end_ns;
  struct held *next;
};

struct mistify_plugin {
  const mistify_host_api *api;
  mistify_host *host;
  pthread_t creator;
  pthread_t thread;
  pthread_mutex_t mutex; /* guards all below */
  pthread_cond_t changed;
  struct held *list;
  int quiet;
  int stopping;
  int descriptor;
};

static mistify_str text(const char *literal) {
  mistify_str out = {literal, strlen(literal)};
  return out;
}

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static mistify_status fail(mistify_plugin *self, mistify_call call, const char *message,
                           const char *data) {
  mistify_error error;
  memset(&error, 0, sizeof error);
  error.struct_size = sizeof error;
  error.code = MISTIFY_CODE_FAILED;
  error.message = text(message);
  error.data_json = text(data);
  return self->api->fail(self->host, call, &error);
}

/* ---- Calls ----------------------------------------------------------------------------------- */

static int is_array(mistify_str params) {
  return params.len > 0 && params.ptr[0] == '[';
}

static void echo(mistify_plugin *self, void *user, const mistify_request *req) {
  (void)user;
#if defined(DEFECT_CALLS_ONE_THREAD)
  if (!pthread_equal(self->creator, pthread_self()))
    abort();
#elif defined(DEFECT_CALLS_UNBOUNDED)
  if (strlen(req->params_json.ptr) < req->params_json.len)
    abort();
#elif defined(DEFECT_CALLS_CRASH)
  if (req->params_json.len > 100000)
    abort();
#elif defined(DEFECT_CALLS_UNANSWERED)
  if (is_array(req->params_json))
    return;
#elif defined(DEFECT_CALLS_TWICE)
  if (is_array(req->params_json))
    self->api->complete(self->host, req->call, text("1"));
#elif defined(DEFECT_ANSWERS_RESULT)
  if (is_array(req->params_json)) {
    self->api->complete(self->host, req->call, text("{\"a\":}"));
    return;
  }
#elif defined(DEFECT_ANSWERS_MESSAGE)
  if (is_array(req->params_json)) {
    fail(self, req->call, "one\ntwo", "");
    return;
  }
#elif defined(DEFECT_ANSWERS_DATA)
  if (is_array(req->params_json)) {
    fail(self, req->call, "no array", "[\"invalid\"]");
    return;
  }
#endif
  self->api->complete(self->host, req->call, req->params_json);
}

static void hold(mistify_plugin *self, void *user, const mistify_request *req) {
  struct held *h = calloc(1, sizeof *h);
  (void)user;
  if (h == NULL) {
    fail(self, req->call, "out of memory", "{}");
    return;
  }
  h->call = req->call;
  h->params = req->params_json;
  h->end_ns = req->deadline_ns;
  pthread_mutex_lock(&self->mutex);
  h->next = self->list;
  self->list = h;
  pthread_cond_signal(&self->changed);
  pthread_mutex_unlock(&self->mutex);
}

/* Takes a call out of the list whose time is up, or tells when the next one's will be. */
static struct held *take_due(mistify_plugin *self, int64_t *next_ns) {
  struct held **at = &self->list;
  const int64_t now = now_ns();
  *next_ns = MISTIFY_NO_DEADLINE;
  for (; *at != NULL; at = &(*at)->next) {
    struct held *h = *at;
    if (h->end_ns <= now || self->stopping) {
      *at = h->next;
      return h;
    }
    if (h->end_ns < *next_ns)
      *next_ns = h->end_ns;
  }
  return NULL;
}

static void end_held(mistify_plugin *self, const struct held *h) {
  mistify_status status;
#if defined(DEFECT_BORROWING_KEEPS)
  volatile char first = h->params.ptr[0];
  (void)first;
#elif defined(DEFECT_STOP_DROPS)
  if (self->stopping)
    return;
#endif
  status = fail(self, h->call, "its time is up", "{\"kind\":\"timeout\"}");
#if defined(DEFECT_LATE_ANSWER)
  if (status != MISTIFY_OK)
    abort();
#endif
  (void)status;
}

static void *run(void *arg) {
  mistify_plugin *self = arg;
  pthread_mutex_lock(&self->mutex);
  for (;;) {
    int64_t next_ns;
    struct held *h = take_due(self, &next_ns);
    if (h != NULL) {
      pthread_mutex_unlock(&self->mutex);
      end_held(self, h);
      free(h);
      pthread_mutex_lock(&self->mutex);
    } else if (self->stopping) {
      break;
    } else if (next_ns == MISTIFY_NO_DEADLINE) {
      pthread_cond_wait(&self->changed, &self->mutex);
    } else {
      struct timespec until;
      until.tv_sec = (time_t)(next_ns / 1000000000);
      until.tv_nsec = (long)(next_ns % 1000000000);
      pthread_cond_timedwait(&self->changed, &self->mutex, &until);
    }
  }
  pthread_mutex_unlock(&self->mutex);
  return NULL;
}

static void cancel(mistify_plugin *self, mistify_call call) {
  struct held *h;
  int known = 0;
  pthread_mutex_lock(&self->mutex);
  for (h = self->list; h != NULL; h = h->next) {
    if (h->call != call)
      continue;
    known = 1;
#if defined(DEFECT_QUIESCE_DROPS)
    if (self->quiet)
      continue;
#endif
#if defined(DEFECT_STOP_DROPS)
    h->end_ns = now_ns() + 2000000000; /* so that it is open when stop comes */
#elif !defined(DEFECT_CANCEL_IGNORED)
    h->end_ns = 0;
#endif
  }
  pthread_cond_signal(&self->changed);
  pthread_mutex_unlock(&self->mutex);
#if defined(DEFECT_CANCEL_OF_ENDED)
  if (!known)
    abort();
#endif
  (void)known;
}

static void check(mistify_plugin *self, const mistify_request *req) {
#if defined(DEFECT_READINESS_UNANSWERED)
  (void)self;
  (void)req;
#elif defined(DEFECT_READINESS_UNSAID)
  self->api->complete(self->host, req->call, text("{\"state\":\"up\"}"));
#else
  self->api->complete(self->host, req->call, text("{\"ready\":true}"));
#endif
}

/* ---- The life of the plugin ------------------------------------------------------------------ */

static mistify_status add(const mistify_host_api *api, mistify_host *host, const char *name,
                          mistify_handler handler) {
  mistify_method m;
  memset(&m, 0, sizeof m);
  m.struct_size = sizeof m;
  m.name = text(name);
  m.handler = handler;
  return api->register_method(host, &m);
}

static mistify_status add_methods(const mistify_host_api *api, mistify_host *host) {
  mistify_status status = add(api, host, "Defective.Hold", hold);
  if (status == MISTIFY_OK)
    status = add(api, host, METHOD_NAME, echo);
#if defined(DEFECT_METHODS_TWICE)
  add(api, host, METHOD_NAME, echo);
#elif defined(DEFECT_METHODS_MALFORMED)
  add(api, host, "Malformed", echo);
#endif
#if defined(DEFECT_REFUSED_METHOD)
  (void)status;
  return MISTIFY_OK;
#else
  return status;
#endif
}

static void take_config(void *ctx, mistify_str config) {
  *(int *)ctx = config.len == 2 && memcmp(config.ptr, "{}", 2) == 0;
}

/* What a later version might append to the host's table. */
struct later_host_api {
  mistify_host_api known;
  void (*of_the_future)(mistify_host *h);
};

static int fits(const mistify_host_api *api) {
#if !defined(DEFECT_ANY_MAJOR)
  if (api->abi_major != MISTIFY_ABI_MAJOR)
    return 0;
#endif
#if !defined(DEFECT_ANY_TABLE)
  if (!MISTIFY_COVERS(mistify_host_api, api, get_extension))
    return 0;
#endif
#if defined(DEFECT_OLDER_HOST)
  {
    void (*volatile future)(mistify_host * h) = ((const struct later_host_api *)api)->of_the_future;
    (void)future;
  }
#elif defined(DEFECT_NEWER_HOST)
  if (api->abi_minor != MISTIFY_ABI_MINOR)
    return 0;
#endif
  return 1;
}

static void *sleep_for_ever(void *arg) {
  (void)arg;
  while (pause() != 0)
    continue;
  return NULL;
}

static void *return_at_once(void *arg) {
  return arg;
}

/* What is taken in create, to be given back in destroy. */
static void take_outside(mistify_plugin *self) {
  self->descriptor = -1;
#if defined(DEFECT_CREATE_DESCRIPTOR)
  self->descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC);
#elif defined(DEFECT_CREATE_SOCKET)
  self->descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
#elif defined(DEFECT_CREATE_FILE)
  close(open("/dev/null", O_WRONLY | O_CLOEXEC));
#elif defined(DEFECT_CREATE_THREAD)
  pthread_t thread;
  if (pthread_create(&thread, NULL, return_at_once, NULL) == 0)
    pthread_join(thread, NULL);
#endif
}

static mistify_status take_keys(void) {
#if defined(DEFECT_CYCLES)
  int i;
  for (i = 0; i < 11; ++i) { /* a process has 1024 */
    pthread_key_t key;
    if (pthread_key_create(&key, NULL) != 0)
      return MISTIFY_E_INTERNAL;
  }
#endif
  return MISTIFY_OK;
}

#if defined(DEFECT_SECOND_LIFE)
static int lived;
#endif

static mistify_status create(const mistify_host_api *api, mistify_host *host, mistify_plugin **out,
                             mistify_sink reason, void *ctx) {
  mistify_plugin *self;
  pthread_condattr_t clock;
  int known = 0;
  mistify_status status;
  if (!fits(api)) {
#if defined(DEFECT_MAJOR_STATUS)
    return api->abi_major != MISTIFY_ABI_MAJOR ? MISTIFY_E_INVALID : MISTIFY_E_ABI;
#else
    return MISTIFY_E_ABI;
#endif
  }
  if (api->config(host, take_config, &known) != MISTIFY_OK || !known) {
#if defined(DEFECT_CONFIG_SILENT)
    (void)reason;
    (void)ctx;
#else
    reason(ctx, text("it takes no configuration: expected {}"));
#endif
#if !defined(DEFECT_CONFIG_ACCEPTED)
    return MISTIFY_E_INVALID;
#endif
  }
#if defined(DEFECT_SECOND_LIFE)
  if (lived)
    return MISTIFY_E_STATE;
#endif
  status = take_keys();
  if (status == MISTIFY_OK)
    status = add_methods(api, host);
  if (status != MISTIFY_OK)
    return status;
  self = calloc(1, sizeof *self);
  if (self == NULL)
    return MISTIFY_E_INTERNAL;
  self->api = api;
  self->host = host;
  self->creator = pthread_self();
  pthread_mutex_init(&self->mutex, NULL);
  pthread_condattr_init(&clock);
  pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
  pthread_cond_init(&self->changed, &clock);
  pthread_condattr_destroy(&clock);
  take_outside(self);
  *out = self;
  return MISTIFY_OK;
}

/* What is left behind by each life. */
static void leave(void) {
#if defined(DEFECT_THREADS)
  /* All of it in the C library: it must not come back here when this library is unmapped. */
  void *(*const routine)(void *) = (void *(*)(void *))(void (*)(void))pause;
  pthread_t thread;
  if (pthread_create(&thread, NULL, routine, NULL) == 0)
    pthread_detach(thread);
#elif defined(DEFECT_DESCRIPTORS)
  if (open("/dev/null", O_RDONLY | O_CLOEXEC) < 0)
    abort();
#elif defined(DEFECT_MEMORY)
  static char *volatile lost;
  lost = malloc(10000);
  if (lost != NULL)
    lost[0] = 1;
#endif
}

static mistify_status start(mistify_plugin *self, mistify_sink reason, void *ctx) {
  (void)reason;
  (void)ctx;
#if defined(DEFECT_LIFE_HANGS)
  sleep_for_ever(NULL);
#elif defined(DEFECT_LIFE_FAILS)
  reason(ctx, text("the moon is in the way"));
  return MISTIFY_E_INTERNAL;
#elif defined(DEFECT_METHODS_LATE)
  add(self->api, self->host, "Defective.Late", echo);
#endif
  leave();
  return pthread_create(&self->thread, NULL, run, self) == 0 ? MISTIFY_OK : MISTIFY_E_INTERNAL;
}

static void quiesce(mistify_plugin *self) {
  pthread_mutex_lock(&self->mutex);
  self->quiet = 1;
  pthread_mutex_unlock(&self->mutex);
}

static mistify_status stop(mistify_plugin *self, int64_t deadline_ns) {
  (void)deadline_ns;
#if defined(DEFECT_LIFE_BUSY)
  usleep(1000);
  return MISTIFY_E_TIMEOUT;
#endif
  pthread_mutex_lock(&self->mutex);
  self->stopping = 1;
  pthread_cond_signal(&self->changed);
  pthread_mutex_unlock(&self->mutex);
  pthread_join(self->thread, NULL);
  return MISTIFY_OK;
}

static void destroy(mistify_plugin *self) {
  if (self->descriptor >= 0)
    close(self->descriptor);
  pthread_cond_destroy(&self->changed);
  pthread_mutex_destroy(&self->mutex);
  free(self);
#if defined(DEFECT_LIFE_CRASHES)
  abort();
#elif defined(DEFECT_SECOND_LIFE)
  lived = 1;
#endif
}

/* ---- The table ------------------------------------------------------------------------------- */

#define TABLE                                                                                      \
  {                                                                                                \
    sizeof(mistify_plugin_api), MISTIFY_ABI_MAJOR, MISTIFY_ABI_MINOR, "defective", "1.0", create,  \
        start, check, quiesce, stop, destroy, cancel, NULL                                         \
  }

static const mistify_plugin_api tables[2] = {TABLE, TABLE};

const mistify_plugin_api *mistify_plugin_entry_v1(void) {
#if defined(DEFECT_ENTRY)
  static int calls;
  return &tables[calls++ % 2];
#else
  return &tables[0];
#endif
}

/* Exported where the linker is not told otherwise. */
MISTIFY_EXPORT int defective_version(void);
int defective_version(void) {
  (void)sleep_for_ever; /* what the sound one has no use for */
  (void)return_at_once;
  (void)is_array;
  return 1;
}
