// SPDX-License-Identifier: Apache-2.0
//
// The plugin under test and the steps of its life. What does not go as it must ends the check.
#pragma once

#include "host.hpp"
#include "verdict.hpp"

#include <library.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

namespace mistify::mock_host::validation {

/// What a check is given.
struct Context {
  std::filesystem::path file; ///< Absolute.
  /// The plugin's configuration, by its name.
  std::function<std::string(std::string_view plugin)> config;
  milliseconds patience; ///< How long a check waits for what must come.
  const Teller &tell;
};

/// How long a call of a check has: what waits for something is to give it up soon. Some time later
/// the host answers for the plugin.
inline constexpr milliseconds kCallTime{300};
inline constexpr milliseconds kAnswerTime{1000};
inline constexpr milliseconds kNoDeadline = milliseconds::max();

class Subject {
public:
  /// Maps the file. Throws Finding.
  explicit Subject(const Context &context);
  /// A plugin that lives is left as it is: its threads may be running in it.
  ~Subject();
  Subject(const Subject &) = delete;
  Subject &operator=(const Subject &) = delete;

  [[nodiscard]] const mistify_plugin_api &table() const noexcept { return *table_; }
  /// Of the plugin's present life; a new one with each new_host().
  [[nodiscard]] Host &host() noexcept { return *host_; }
  Host &new_host(std::optional<std::string> config = {});

  /// create() with the host's table or another one.
  struct Created {
    mistify_status status;
    std::string reason; ///< As it was given.
  };
  Created try_create(const mistify_host_api &api);
  void create(); ///< Throws Finding where it fails.
  void start();  ///< The same.
  void quiesce();
  void cancel(CallRecord &call);
  /// Until the plugin is not busy any more. Throws Finding.
  void stop();
  void destroy();
  void begin() {
    create();
    start();
  }
  void end() {
    quiesce();
    stop();
    destroy();
  }
  /// Unmaps it.
  void unload();

  /// Asks the plugin whether it could do its work. The table must have the function.
  CallRecord &check();
  /// Calls a method's handler.
  CallRecord &call(const Method &method, std::string params, milliseconds time = kCallTime);
  /// The same with a copy of the call's request.
  void hand_over(const Method &method, const CallRecord &call, const mistify_request &request);
  /// Returns how many there were.
  std::size_t cancel_open_calls();
  /// Waits for the end of all calls; cancels those that are open after their time, as a host does.
  /// Throws Finding where one does not end even then.
  void wait_for_calls();
  /// The params that a method is likely to take, and those that are the simplest ones.
  static std::vector<std::string> usual_params(const Method &method);
  /// A call of each method with each of its usual params.
  void call_all(milliseconds time = kCallTime);

private:
  const Context &context_;
  std::unique_ptr<detail::Library> library_;
  const mistify_plugin_api *table_ = nullptr;
  std::unique_ptr<Host> host_;
  mistify_plugin *self_ = nullptr;
};

} // namespace mistify::mock_host::validation
