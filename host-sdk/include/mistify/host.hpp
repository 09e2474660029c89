// SPDX-License-Identifier: Apache-2.0
//
// The host's side of the plugin ABI (mistify/plugin.h): load plugins, call their methods, take them
// down again.
//
//   mistify::Host host({.config = [](std::string_view) { return "{}"; }});
//   host.load("/usr/lib/mistify/plugins/mdocker.so");
//   host.dispatch({.method = "MDocker.GetInfo", .params_json = "{}"},
//                 [](mistify::Answer answer) { ... });
//
// Link with mistify-host-sdk. The library has one thread of its own per Host, for deadlines.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace mistify {

/// Never 0 and never used twice by one Host.
using CallId = std::uint64_t;

/// Codes of a CallError beside the plugin's own (JSON-RPC 2.0, section 5.1).
inline constexpr int kMethodNotFound = -32601;
inline constexpr int kInvalidParams = -32602;
inline constexpr int kFailed = -32000;
inline constexpr int kBusy = -32001; ///< The host has as many calls in flight as it takes.

/// Why a call failed.
struct CallError {
  int code = kFailed;
  std::string message;   ///< One line, for people.
  std::string data_json; ///< A JSON object for machines (see mistify_error), or empty.
};

/// What a call came to: a result, or an error.
struct Answer {
  std::string result_json; ///< One JSON value; empty where there is an error.
  std::optional<CallError> error;
};

/// A call to be dispatched. The views are borrowed until dispatch() returns.
struct CallRequest {
  std::string_view method;
  std::string_view params_json = "{}"; ///< Well-formed JSON, nested at most 64 deep.
  std::string_view trace_id = {};      ///< Printable ASCII, at most 128 bytes.
  /// The caller's own deadline, from now. Without one: the method's default.
  std::optional<std::chrono::nanoseconds> deadline = {};
  /// [any thread] Called with each progress object of the plugin, never after the completion.
  std::function<void(std::string_view json)> progress = {};
};

/// [any thread] Called exactly once for each dispatched call, maybe before dispatch() returns. It
/// runs on the plugin's thread or on the Host's own: hand over what takes long. Must not throw.
using Completion = std::function<void(Answer answer)>;

enum class LogLevel : std::int32_t { debug, info, warning, error };

struct HostOptions {
  std::string name = "mistify-host"; ///< For the plugins' logs.
  std::string version = "0";
  /// [any thread] One message of a plugin, or of the Host itself (plugin is empty).
  std::function<void(LogLevel level, std::string_view plugin, std::string_view file, int line,
                     std::string_view message)>
      log = {};
  /// [any thread] Whether a message of this level would be kept. Default: all of them.
  std::function<bool(LogLevel level)> log_enabled = {};
  /// [control thread] The named plugin's part of the configuration, a JSON object.
  std::function<std::string(std::string_view plugin)> config = {};
  /// A plugin is given a deadline this much earlier than the caller's, so that it can find out what
  /// became of a change whose answer never came; at most half of the time that the call has.
  std::chrono::nanoseconds answer_margin = std::chrono::seconds(2);
  /// Calls in flight; one more is refused with kBusy.
  std::size_t max_calls = 2048;
};

/// The rungs of the ladder that a plugin climbs when it is loaded. what() of the LoadError is one
/// line that begins with the file's path.
enum class LoadFailure {
  no_such_file,        ///< "...: no such file"
  not_trusted,         ///< Others may write to it or to its folder; see load().
  not_a_shared_object, ///< No ELF shared object of this machine's kind.
  not_loadable,        ///< The dynamic linker refused it; its own words follow.
  symbol_absent, ///< Exports no entry: not a plugin, or one of another major version of the ABI.
  no_table,      ///< The entry returned NULL.
  major_differs,
  table_too_short,
  function_missing, ///< A function that is not optional is NULL.
  name_malformed,
  name_taken,   ///< A plugin of that name is loaded already.
  name_differs, ///< Reloading: the file holds a plugin of another name by now.
  method_taken,
  create_failed, ///< The plugin's own reason follows.
  start_failed,
};

class LoadError : public std::runtime_error {
public:
  LoadError(LoadFailure failure, const std::string &what)
      : std::runtime_error(what), failure_(failure) {}
  [[nodiscard]] LoadFailure failure() const noexcept { return failure_; }

private:
  LoadFailure failure_;
};

struct MethodInfo {
  std::string name;
  std::string plugin;
  std::string summary;
  std::string params_schema_json;
  std::string result_schema_json;
  std::chrono::milliseconds default_deadline{0}; ///< 0: none.
  bool read_only = false;
};

struct PluginInfo {
  std::string name;
  std::string version;
  std::filesystem::path file;
};

/// The files of the folders that are named like plugins ("*.so", right inside): folder by folder as
/// given, each by the order of the names. Of a name that several folders have, the first one's file
/// alone. Throws LoadError for a folder that cannot be read. [any thread]
std::vector<std::filesystem::path> find_plugins(const std::vector<std::filesystem::path> &folders);

/// Owns plugins and their calls. load, load_directory, drain, unload, reload, shutdown and the
/// destructor are for one control thread: never two of them at once; all else is for any thread.
class Host {
public:
  explicit Host(HostOptions options);
  /// shutdown() with 10 s. A plugin that is busy still after that stays mapped for the life of the
  /// process (its threads run in it), with an error in the log.
  ~Host();
  Host(const Host &) = delete;
  Host &operator=(const Host &) = delete;

  /// Loads, creates and starts one plugin. Throws LoadError, after which nothing of it is left.
  /// Links are followed. The file, and the folder that holds it, must be root's or the process's
  /// effective user's, and be writable by their owner alone (also where the folder is sticky); the
  /// folders above are not judged.
  void load(const std::filesystem::path &file);

  /// Loads what find_plugins() finds in the folder, and returns how many. Throws LoadError at the
  /// first that fails (those before it stay loaded), and for a folder that cannot be read.
  std::size_t load_directory(const std::filesystem::path &folder);

  [[nodiscard]] std::vector<PluginInfo> plugins() const;
  [[nodiscard]] std::vector<MethodInfo> methods() const; ///< Sorted by name.
  [[nodiscard]] bool has_method(std::string_view name) const;

  /// Begins a call and returns its id. An unknown method (kMethodNotFound), a full host (kBusy) and
  /// one that is shutting down are answered through done as well, and return 0.
  CallId dispatch(const CallRequest &request, Completion done);

  /// Asks a plugin whether it could do its work (mistify_plugin_api.check); a plugin without that
  /// function is ready. The result's form is described there.
  CallId check(std::string_view plugin, std::chrono::nanoseconds deadline, Completion done);

  /// The caller is gone: the plugin is told once, and the completion gets a "cancelled" error at
  /// once. False where the call has ended already.
  bool cancel(CallId call);

  /// Calls that their plugin has not ended yet, those included that the Host has answered for.
  [[nodiscard]] std::size_t calls_in_flight() const;

  /// Waits until no call is in flight and no completion is running. False where the time was up
  /// before that. Does not keep new calls from coming.
  bool drain(std::chrono::nanoseconds timeout);

  /// Takes one plugin down: no call is routed to it any more; when no handler is on a stack,
  /// quiesce; open calls are cut short (a read as "cancelled", a change as "unknown_outcome");
  /// stop, destroy, unload. False where the plugin is busy still when the time is up: it is not
  /// unloaded, keeps its name and its methods answer kBusy; unload may be called again. Throws
  /// std::out_of_range for a name that is not loaded.
  bool unload(std::string_view plugin, std::chrono::nanoseconds timeout);

  /// Takes what is at the plugin's path by now into use, be it a newer file or the same. To replace
  /// a file, rename another one over it; one that is written over is broken while it is in use.
  ///
  /// First the file is mapped and checked, while the old instance serves. From then on new calls of
  /// this plugin wait: each has its id, its place among max_calls and its deadline from its
  /// arrival, and may be cancelled; a check answers that the plugin is not ready. The old instance
  /// has `drain` to end its calls; what is open still is cut short as in unload(), and it has
  /// `stop` to stop. The new one is created and started, its methods take the place of the old
  /// one's, and the calls that wait begin in the order of their arrival.
  ///
  /// Throws LoadError where
  ///  - the file is not good: the old instance was not disturbed.
  ///  - create or start fails: another instance of the old file, which is still mapped, has taken
  ///    the calls, with the configuration that it had. The text says so behind the reason.
  ///  - that fails as well: the plugin is gone, which plugins() shows, and calls that wait get a
  ///    kBusy that may be retried. The text has both reasons.
  /// False where the old instance is busy still when the time is up: it stays as one that unload()
  /// could not take down, and calls that wait get a kBusy; reload may be called again. Throws
  /// std::out_of_range for a name that is not loaded, and what HostOptions::config throws.
  [[nodiscard]] bool reload(std::string_view plugin, std::chrono::nanoseconds drain,
                            std::chrono::nanoseconds stop = std::chrono::seconds(10));

  /// Refuses new calls for good and unloads all plugins, the last loaded first; goes on past one
  /// that is busy. False as unload().
  bool shutdown(std::chrono::nanoseconds timeout);

private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace mistify
