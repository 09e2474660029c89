// SPDX-License-Identifier: Apache-2.0
//
// A host of its own, right on the C ABI: it hides nothing that a plugin does, and it can be told to
// do what a host may do and a good one seldom does.
#pragma once

#include "mistify/plugin.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace mistify::mock_host::validation {

using std::chrono::milliseconds;

/// A method, as the plugin registered it.
struct Method {
  std::string name;
  std::string params_schema;
  mistify_handler handler = nullptr;
  void *user = nullptr;
};

/// A call, from its begin on. The texts that the plugin is lent live as long as the host.
struct CallRecord {
  std::string method;
  std::string params;
  mistify_request request{};
  unsigned ends = 0;
  bool given_up = false; ///< The host has answered for the plugin.
  bool cancelled = false;
  bool failed = false; ///< By fail(), else by complete().
  std::string result;  ///< Or the error's message.
  std::string data;
};

/// "METHOD PARAMS", cut where it is long.
std::string described(const CallRecord &call);

/// [any thread] but for what is said otherwise.
class Host {
public:
  explicit Host(std::string config);
  Host(const Host &) = delete;
  Host &operator=(const Host &) = delete;

  /// The table to create() with. May be changed before that.
  mistify_host_api &api() noexcept { return lent_.api; }
  mistify_host *handle() noexcept { return reinterpret_cast<mistify_host *>(this); }

  // To be set before create().
  bool refuse_methods = false;  ///< register_method answers that the name is taken.
  bool watch_borrowing = false; ///< The configuration is out of reach when it was read.

  /// [control thread] Around create(): methods are taken in between only.
  void set_creating(bool creating) noexcept { creating_ = creating; }
  [[nodiscard]] const std::vector<Method> &methods() const noexcept { return methods_; }

  /// A new call. The record stays where it is.
  CallRecord &open(const std::string &method, std::string params, milliseconds time);
  /// The plugin is no longer waited for: what comes from it gets MISTIFY_E_STATE.
  void give_up(CallRecord &call);
  /// Nobody wants the answer any more; it is taken all the same.
  void mark_cancelled(CallRecord &call);
  [[nodiscard]] bool has_ended(const CallRecord &call) const;
  /// Waits for the end of all calls. False where the time is up.
  [[nodiscard]] bool all_ended(milliseconds patience) const;
  /// Those that have not ended, described.
  [[nodiscard]] std::vector<std::string> open_calls() const;
  /// To be looked at when the plugin has stopped, or has ended them all.
  std::deque<CallRecord> &calls() noexcept { return calls_; }

  /// What the plugin did that no host allows: methods that are malformed, registered twice or out
  /// of season, calls ended that never were. One line each.
  [[nodiscard]] std::vector<std::string> faults() const;

private:
  struct Services;

  /// A plugin that reads behind the table is found by the check for that alone.
  struct Lent {
    mistify_host_api api{};
    std::byte behind[64]{};
  };

  void add_fault(std::string what);
  mistify_status add_method(const mistify_method *method);
  mistify_status end(mistify_call id, bool failed, std::string_view result, std::string_view data);
  CallRecord *find(mistify_call id);

  Lent lent_;
  std::string config_;
  std::atomic<bool> creating_{false};
  std::vector<Method> methods_;

  mutable std::mutex mutex_; // guards all below
  mutable std::condition_variable ended_;
  std::deque<CallRecord> calls_;
  std::vector<std::string> faults_;
};

} // namespace mistify::mock_host::validation
