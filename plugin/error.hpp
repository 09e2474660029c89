// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mdocker {

/// What kind of failure it is, for machines: the "kind" of an error's data.
enum class Kind {
  invalid,         ///< The request asks for something that cannot be.
  not_found,       ///< There is no such container or image.
  conflict,        ///< Not in the state that it is in now.
  busy,            ///< A limit of ours is reached.
  unavailable,     ///< The engine cannot be reached.
  timeout,         ///< No answer in time; nothing was changed by a request that only reads.
  cancelled,       ///< Nobody waits for the answer any more.
  unknown_outcome, ///< A change was sent and its answer never came: look before you retry.
  engine,          ///< The engine refused or failed; its own words are in the message.
  network,         ///< The network refused or failed: its database, its switch, or the kernel.
  internal,        ///< Our own fault.
};
std::string_view kind_name(Kind kind) noexcept;

/// The one way to fail inside the plugin; the adapter turns it into the ABI's error. what() is one
/// line for people.
class Error : public std::runtime_error {
public:
  Error(Kind kind, const std::string &what)
      : std::runtime_error(what), kind_(kind),
        retryable_(kind == Kind::busy || kind == Kind::unavailable || kind == Kind::timeout) {}

  [[nodiscard]] Kind kind() const noexcept { return kind_; }
  /// Whether the same call may succeed later, and does no harm where the first one was done.
  [[nodiscard]] bool retryable() const noexcept { return retryable_; }
  /// The engine's HTTP status; 0 where there was none.
  [[nodiscard]] unsigned engine_status() const noexcept { return engine_status_; }
  /// What was being done: "connect", "start", "inspect" ...; may be empty.
  [[nodiscard]] const std::string &phase() const noexcept { return phase_; }
  /// Further members of the data for machines: "outcome", "check", "breaker"; names and values.
  [[nodiscard]] const std::vector<std::pair<std::string_view, std::string>> &
  details() const noexcept {
    return details_;
  }

  [[nodiscard]] bool has_detail(std::string_view name) const noexcept {
    for (const auto &[known, value] : details_)
      if (known == name)
        return true;
    return false;
  }

  Error &&with_status(unsigned status) && {
    engine_status_ = status;
    return std::move(*this);
  }
  Error &&in_phase(std::string phase) && {
    phase_ = std::move(phase);
    return std::move(*this);
  }
  Error &&that_may_be_retried(bool retryable) && {
    retryable_ = retryable;
    return std::move(*this);
  }
  /// name is a literal.
  Error &&with_detail(std::string_view name, std::string value) && {
    details_.emplace_back(name, std::move(value));
    return std::move(*this);
  }
  Error &&with_details_of(const Error &other) && {
    details_.insert(details_.end(), other.details_.begin(), other.details_.end());
    return std::move(*this);
  }

private:
  Kind kind_;
  bool retryable_;
  unsigned engine_status_ = 0;
  std::string phase_;
  std::vector<std::pair<std::string_view, std::string>> details_;
};

/// The params do not have the method's form (a field of the wrong type): the caller sees it as a
/// refused request and not as a failed method.
class InvalidParams : public std::invalid_argument {
public:
  using std::invalid_argument::invalid_argument;
};

} // namespace mdocker
