/* SPDX-License-Identifier: Apache-2.0
 *
 * The Mistify plugin ABI, version 1.
 *
 * A plugin is a shared object that exports one function, mistify_plugin_entry_v1(). It returns a
 * constant table through which a host creates the plugin, hands it calls, and takes it down again.
 * The host in turn hands the plugin a table of services when it creates it. Nothing else crosses.
 *
 *   host                                         plugin
 *     | dlopen, dlsym(MISTIFY_ENTRY_SYMBOL)          |
 *     | entry() ------------------------------------>| the table: constant, no side effects
 *     | create(host_api, host) --------------------->|   config(), register_method() ...
 *     | start() ------------------------------------>| threads may run from here on
 *     | handler(request) --------------------------->| returns promptly
 *     |<---- complete(call, result) or fail(call, e) | later, from any thread, exactly once
 *     | cancel(call) ------------------------------->| (at most once per call)
 *     | quiesce(), cancel() what is open             | no handler is entered from here on
 *     | stop(deadline) ----------------------------->| every call ended, every thread joined
 *     | destroy(), dlclose                           |
 *
 * RULES
 *  - Text is a mistify_str: borrowed UTF-8, not NUL-terminated, valid while the function that
 *    carries it runs. Who wants to keep it, copies it. No memory changes owner across this
 *    boundary, so neither side ever frees what the other allocated.
 *  - Every struct begins with struct_size, the size that its writer was built with. Structs only
 *    grow at the end. A reader looks at a field only after MISTIFY_HAS() or MISTIFY_COVERS() said
 *    that the writer's struct holds it. The one exception is mistify_str, which never changes.
 *  - Reserved fields and unknown flag bits are written as 0 and ignored when read.
 *  - No function here may throw or unwind; in C++17 the pointer types say noexcept.
 *  - Thread tags: [any thread] concurrently with everything; [control thread] never two at once,
 *    and never concurrently with another [control thread] function of the same plugin.
 *  - Times are nanoseconds of CLOCK_MONOTONIC, absolute, unless a name says otherwise.
 *
 * Compiles as C99 and later and as C++17 and later, alone.
 */
#ifndef MISTIFY_PLUGIN_H
#define MISTIFY_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#if defined(__cplusplus) && __cplusplus >= 201703L
#define MISTIFY_NOEXCEPT noexcept
#else
#define MISTIFY_NOEXCEPT
#endif

#if defined(__GNUC__)
#define MISTIFY_EXPORT __attribute__((visibility("default")))
#else
#define MISTIFY_EXPORT
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* The major version is part of the entry's name: a plugin of another major is "symbol absent", and
 * its tables are never read. The minor is raised whenever a table grows. A host and a plugin with
 * different minors work together. */
#define MISTIFY_ABI_MAJOR 1u
#define MISTIFY_ABI_MINOR 0u
#define MISTIFY_ENTRY_SYMBOL "mistify_plugin_entry_v1"

/* Opaque to the other side. */
typedef struct mistify_host mistify_host;
typedef struct mistify_plugin mistify_plugin;

/* A call's id: never 0, and never used twice by one host, also not for another plugin. It is a
 * number and no pointer, so that using one too late is an error status and not a crash. */
typedef uint64_t mistify_call;

/* Borrowed UTF-8. ptr may be NULL where len is 0. Frozen: has no struct_size and never changes. */
typedef struct mistify_str {
  const char *ptr;
  uint64_t len; /* bytes */
} mistify_str;

/* Is FIELD inside the struct that the peer wrote? */
#define MISTIFY_COVERS(TYPE, p, FIELD)                                                             \
  ((p)->struct_size >= offsetof(TYPE, FIELD) + sizeof((p)->FIELD))
/* The same for a pointer, which must also be set. */
#define MISTIFY_HAS(TYPE, p, FIELD) (MISTIFY_COVERS(TYPE, p, FIELD) && (p)->FIELD != NULL)

/* What a function came to. 0 or one of these; a value unknown to the reader is an error. */
typedef int32_t mistify_status;
#define MISTIFY_OK 0
#define MISTIFY_E_ABI (-1)      /* the peer's version or table does not fit */
#define MISTIFY_E_INVALID (-2)  /* an argument is malformed */
#define MISTIFY_E_STATE (-3)    /* not now: wrong phase, or a call that has ended already */
#define MISTIFY_E_EXISTS (-4)   /* the name is taken */
#define MISTIFY_E_MISSING (-5)  /* there is no such thing */
#define MISTIFY_E_TIMEOUT (-6)  /* the deadline passed; the peer is still busy */
#define MISTIFY_E_INTERNAL (-7) /* out of memory, a bug */

/* Severity of a log message. */
#define MISTIFY_LOG_DEBUG 0
#define MISTIFY_LOG_INFO 1
#define MISTIFY_LOG_WARNING 2
#define MISTIFY_LOG_ERROR 3

/* Codes of a failed call (mistify_error.code), as JSON-RPC 2.0 knows them. */
#define MISTIFY_CODE_INVALID_PARAMS (-32602) /* the params do not have the method's form */
#define MISTIFY_CODE_FAILED (-32000)         /* the method's own error */

/* deadline_ns of a call that has none. */
#define MISTIFY_NO_DEADLINE INT64_MAX

/* Receives text. Called at most once, before the function that was given it returns, on the same
 * thread. ctx is what came with it. */
typedef void (*mistify_sink)(void *ctx, mistify_str value) MISTIFY_NOEXCEPT;

/* Why a call failed. */
typedef struct mistify_error {
  uint32_t struct_size;
  int32_t code;        /* MISTIFY_CODE_... */
  mistify_str message; /* one line, for people */
  /* For machines, or empty. A JSON object with, as far as they apply: "kind" (string: invalid,
   * not_found, conflict, busy, unavailable, timeout, cancelled, unknown_outcome, engine, internal),
   * "retryable" (bool: the same call may succeed later), "method", "guest", "engine_status" (HTTP
   * status), "phase" (string: what was being done). Readers ignore other members. */
  mistify_str data_json;
} mistify_error;

/* One call, as the plugin gets it. */
typedef struct mistify_request {
  uint32_t struct_size;
  uint32_t reserved;
  mistify_call call;
  mistify_str method;      /* the registered name */
  mistify_str params_json; /* one JSON value, well-formed UTF-8 JSON, nested at most 64 deep */
  mistify_str trace_id;    /* printable ASCII for the log, at most 128 bytes; may be empty */
  int64_t deadline_ns;     /* give up the work, and find out what became of it */
  int64_t answer_by_ns;    /* the host answers for the plugin when this has passed. Never before
                              deadline_ns; the time between is for that look-up. Both are
                              MISTIFY_NO_DEADLINE where the call has no deadline. */
} mistify_request;

/* [any thread] Begins a call. Returns promptly: no waiting for anything outside the process. The
 * call ends by exactly one complete() or fail(), from any thread, also from inside the handler.
 * self is what create() made, user what was registered. req and all it points to are borrowed. */
typedef void (*mistify_handler)(mistify_plugin *self, void *user,
                                const mistify_request *req) MISTIFY_NOEXCEPT;

/* mistify_method.flags */
#define MISTIFY_METHOD_READ_ONLY 1u /* changes nothing: may be asked again. Else: a change */

/* A method, as it is registered. The host copies the texts; user must stay valid until
 * destroy(). */
typedef struct mistify_method {
  uint32_t struct_size;
  uint32_t flags;
  mistify_str name;    /* "Service.Method": letters, digits, '_', '-' and '.', at most 128 bytes,
                          with a dot inside */
  mistify_str summary; /* one line for people */
  mistify_str params_schema_json; /* JSON Schema of the params, or empty */
  mistify_str result_schema_json; /* JSON Schema of the result, or empty */
  int64_t default_deadline_ms;    /* from the call's arrival, for callers that name none.
                                     0: the call has no deadline (the plugin has idle limits) */
  mistify_handler handler;
  void *user;
} mistify_method;

/* The host's services, valid from the begin of create() until destroy() has returned. The table is
 * the host's; h is handed back as the first argument of each function. */
typedef struct mistify_host_api {
  uint32_t struct_size;
  uint16_t abi_major;
  uint16_t abi_minor;
  const char *host_name;    /* NUL-terminated, never NULL, for logs */
  const char *host_version; /* the same */

  /* [any thread] Logs one message. file and line say where it comes from; file may be empty. The
   * host escapes what would break a line. */
  void (*log)(mistify_host *h, int32_t level, mistify_str file, int32_t line,
              mistify_str message) MISTIFY_NOEXCEPT;

  /* [any thread] 1 where a message of this level would be kept, else 0. */
  int32_t (*log_enabled)(mistify_host *h, int32_t level) MISTIFY_NOEXCEPT;

  /* [control thread] Hands the plugin's own part of the host's configuration to sink: a JSON
   * object, "{}" where nothing is configured. The plugin checks it, unknown keys included.
   * MISTIFY_OK, or MISTIFY_E_INVALID where sink is NULL. */
  mistify_status (*config)(mistify_host *h, mistify_sink sink, void *ctx) MISTIFY_NOEXCEPT;

  /* [control thread, inside create() only] Adds a method.
   * MISTIFY_OK; MISTIFY_E_EXISTS: the name is taken, by this plugin or another, and create() must
   * fail; MISTIFY_E_INVALID: name, schema, deadline or handler is malformed; MISTIFY_E_STATE: not
   * inside create(). */
  mistify_status (*register_method)(mistify_host *h, const mistify_method *m) MISTIFY_NOEXCEPT;

  /* [any thread, also inside a handler] Ends a call with a result, one JSON value.
   * MISTIFY_OK; MISTIFY_E_STATE: the call is unknown, has ended, or the host has answered for it
   * (deadline, caller gone): the result is dropped, and there is nothing left to do. */
  mistify_status (*complete)(mistify_host *h, mistify_call c,
                             mistify_str result_json) MISTIFY_NOEXCEPT;

  /* [any thread, also inside a handler] Ends a call with an error. Statuses as complete(), and
   * MISTIFY_E_INVALID where e is NULL or too short, with which the call stays open. */
  mistify_status (*fail)(mistify_host *h, mistify_call c, const mistify_error *e) MISTIFY_NOEXCEPT;

  /* [any thread] Tells how far a call is: one JSON object, free of form but for "message" and
   * "phase" (strings), "done" and "total" (numbers), and "unit" ("bytes", where done and total are
   * bytes), as far as they apply. MISTIFY_OK; MISTIFY_E_STATE as complete(). */
  mistify_status (*progress)(mistify_host *h, mistify_call c, mistify_str json) MISTIFY_NOEXCEPT;

  /* [any thread] 1 where nobody waits for this call any more (cancelled, answered for, or unknown),
   * else 0. */
  int32_t (*is_cancelled)(mistify_host *h, mistify_call c) MISTIFY_NOEXCEPT;

  /* [any thread] Asks for another deadline where the params of a call make its method's default a
   * wrong one (a stop that is given five minutes of grace). It takes the place of the default; a
   * deadline that the caller gave stays. *deadline_ns is in: the wish; out: what holds now, as
   * mistify_request.deadline_ns would have said it.
   * MISTIFY_OK; MISTIFY_E_STATE as complete(); MISTIFY_E_INVALID: deadline_ns is NULL. */
  mistify_status (*set_deadline)(mistify_host *h, mistify_call c,
                                 int64_t *deadline_ns) MISTIFY_NOEXCEPT;

  /* [any thread] The host's extension of that id, or NULL. What it points to is described where the
   * id is defined and lives as long as this table. Version 1 defines none. */
  const void *(*get_extension)(mistify_host *h, mistify_str id)MISTIFY_NOEXCEPT;
} mistify_host_api;

/* The plugin's table: constant storage, readable before create() and until the library is
 * unloaded. */
typedef struct mistify_plugin_api {
  uint32_t struct_size;
  uint16_t abi_major;
  uint16_t abi_minor;
  const char *name;    /* "mdocker": NUL-terminated, letters, digits, '_' and '-', at most 64 bytes;
                          the key of its configuration */
  const char *version; /* NUL-terminated */

  /* [control thread] Reads the configuration, checks it and registers the methods. Starts no
   * thread, touches nothing outside the process, and needs nothing from outside to succeed.
   * On MISTIFY_OK *out is the instance, not NULL. On anything else nothing is left behind, *out is
   * ignored, and reason (never NULL) may have been given one line that says what was wrong and what
   * was expected. api and h stay valid until destroy() has returned. May be called again in the
   * same mapping when the last instance has been destroyed: a host does that to reload a plugin. */
  mistify_status (*create)(const mistify_host_api *api, mistify_host *h, mistify_plugin **out,
                           mistify_sink reason, void *reason_ctx) MISTIFY_NOEXCEPT;

  /* [control thread] Starts working: threads, descriptors. On anything but MISTIFY_OK what was
   * begun is undone, reason as in create(), and only destroy() follows. */
  mistify_status (*start)(mistify_plugin *self, mistify_sink reason,
                          void *reason_ctx) MISTIFY_NOEXCEPT;

  /* [any thread; optional, may be NULL] Asks whether the plugin could do its work now: begun and
   * ended as a call (req->method is empty, req->params_json "{}"). The result is a JSON object with
   * "ready" (bool), "reason" (string, where it is not ready), and whatever else the plugin has to
   * say of its state. "Not ready" is a result and no error. Ends within the call's deadline. */
  void (*check)(mistify_plugin *self, const mistify_request *req) MISTIFY_NOEXCEPT;

  /* [control thread] No handler runs now, and none will be entered again. Calls that are open go
   * on. */
  void (*quiesce)(mistify_plugin *self) MISTIFY_NOEXCEPT;

  /* [control thread] Ends every open call (the host has cancelled them), joins every thread, closes
   * every descriptor. MISTIFY_OK; MISTIFY_E_TIMEOUT: still busy when deadline_ns had passed. The
   * plugin is then neither destroyed nor unloaded; stop() may be called again. */
  mistify_status (*stop)(mistify_plugin *self, int64_t deadline_ns) MISTIFY_NOEXCEPT;

  /* [control thread] Frees the instance: after a stop() that returned MISTIFY_OK, after a start()
   * that failed, or where start() was never called. self is gone afterwards. */
  void (*destroy)(mistify_plugin *self) MISTIFY_NOEXCEPT;

  /* [any thread, never inside one of the plugin's own calls to the host for c] The answer of this
   * call is no longer wanted: end it soon. The plugin still ends it once. A call that it does not
   * know any more is ignored. The host cancels a call at most once. */
  void (*cancel)(mistify_plugin *self, mistify_call c) MISTIFY_NOEXCEPT;

  /* [any thread; optional, may be NULL] As the host's. */
  const void *(*get_extension)(mistify_plugin *self, mistify_str id)MISTIFY_NOEXCEPT;
} mistify_plugin_api;

/* The plugin's only export. [any thread] Pure: no allocation, no logging, no state; may be called
 * any number of times and returns the same table each time. */
MISTIFY_EXPORT const mistify_plugin_api *mistify_plugin_entry_v1(void) MISTIFY_NOEXCEPT;

/* Its type, for dlsym. */
typedef const mistify_plugin_api *(*mistify_entry)(void)MISTIFY_NOEXCEPT;

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* MISTIFY_PLUGIN_H */
