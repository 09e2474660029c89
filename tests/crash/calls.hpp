// SPDX-License-Identifier: Apache-2.0
//
// The calls in the middle of which a host is killed, and what is held afterwards.
#pragma once

#include "site.hpp"

#include <runtime/reached.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace crash {

using mdocker::runtime::Step;

struct Request {
  std::string method;
  std::string params;
};

struct Call {
  const char *name;
  bool on_switch; ///< It concerns ports.
  std::vector<Request> before;
  Request request;
  /// The error of the same call once more, where it was done; empty where it succeeds again.
  std::string already;
  std::set<Step> steps; ///< Those that it reaches.
};

const std::vector<Call> &calls();

/// A call at a site of which it is known where it begins and where it ends.
class Victim {
public:
  /// Does the call, to its end.
  Victim(Site &site, const Call &call);

  /// The steps that it has reached, in their order; each as often as it was.
  [[nodiscard]] const std::vector<Step> &steps() const noexcept { return steps_; }

  /// How long the call took.
  [[nodiscard]] std::chrono::milliseconds took() const noexcept { return took_; }

  /// Kills the host of the call when a step is reached for that time, and holds that the next host
  /// comes to where the call begins or ends, that the same call once more ends where it does, and
  /// that nothing differs then. Throws with what does not.
  void end_at(Step step, unsigned time);
  /// The same where it is killed after that time, wherever it is then.
  void end_after(std::chrono::milliseconds time);

private:
  void begin();
  void recover();

  Site &site_;
  const Call &call_;
  Picture before_;
  Picture after_;
  std::vector<Step> steps_;
  std::chrono::milliseconds took_{};
};

} // namespace crash
