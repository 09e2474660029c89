// SPDX-License-Identifier: Apache-2.0
//
// Guests and ports held against each other, and what differs put right.
#pragma once

#include "requests.hpp"
#include "subjects.hpp"

#include <cstddef>
#include <ctime>

namespace mdocker::methods {

/// Something that is not as it should be.
struct Difference {
  enum class Kind {
    guest_without_ports, ///< It runs.
    ports_without_guest, ///< It does not run, or is gone.
    nics_differ,         ///< From those that it was created with.
    orphan,              ///< Ports whose guest is not known: they are left alone.
    unseen,              ///< It could not be looked at.
  };
  enum class Action { none, plug, unplug };

  Kind kind;
  std::string guest;
  std::vector<std::string> ports; ///< Those that there were.
  bool done = false;
  std::optional<Error> error = {}; ///< Why it is not, where that was tried.

  [[nodiscard]] Action action() const noexcept;
};

/// What a look at everything has come to.
struct Report {
  std::time_t at = 0;
  bool dry_run = false;
  std::size_t guests = 0; ///< Of this instance.
  std::size_t ports = 0;  ///< Of all guests.
  std::vector<Difference> differences;

  /// {"at", "dry_run", "guests", "ports", "differences": [...]}
  [[nodiscard]] std::string json() const;
  /// The same with the numbers of the differences, for who only wants to know how it is.
  [[nodiscard]] std::string summary_json() const;
};

/// What all of them share.
struct Reconciles {
  std::string last_summary; ///< Of the last one that was no dry run; empty before.
};

/// Looks at a guest when it is its turn, and puts it right unless it is a dry run; nothing where
/// nothing differs. What a call has done by then it leaves as it is. Throws Error where it cannot
/// look.
asio::awaitable<std::optional<Difference>> mend(Environment &environment, Subject subject,
                                                bool dry_run, engine::Deadline deadline);
/// The same for the guest of that id, whatever became of it.
asio::awaitable<std::optional<Difference>> mend_guest(Environment &environment, std::string guest,
                                                      engine::Deadline deadline);
/// The same for all of them. Throws Error where it cannot begin.
asio::awaitable<Report> reconcile(Environment &environment, bool dry_run,
                                  engine::Deadline deadline);

/// Reconcile.
asio::awaitable<std::string> reconcile_guests(Environment &environment, ReconcileRequest request,
                                              Deadline deadline);

} // namespace mdocker::methods
