// SPDX-License-Identifier: Apache-2.0
//
// What the ABI promises (mistify/plugin.h), one check a promise. A check looks at its own promise
// and at nothing else, so that one defect is one finding.
#pragma once

#include "subject.hpp"

#include <span>

namespace mistify::mock_host::validation {

struct Check {
  std::string_view name;
  std::string_view promise;            ///< One line.
  std::string_view needs;              ///< The check without which this one says nothing, or empty.
  void (*run)(const Context &context); ///< Throws Finding and NotApplicable. Runs in a child.
};

/// All of them; what one needs comes before it.
std::span<const Check> all_checks() noexcept;

// checks_file.cpp: what is seen without an instance.
void check_load(const Context &context);
void check_exports(const Context &context);
void check_entry(const Context &context);
void check_table(const Context &context);

// checks_create.cpp
void check_create(const Context &context);
void check_config(const Context &context);
void check_methods(const Context &context);
void check_refused_method(const Context &context);

// checks_peer.cpp: hosts of other versions, and what a host lends.
void check_older_host(const Context &context);
void check_newer_host(const Context &context);
void check_other_major(const Context &context);
void check_short_table(const Context &context);
void check_borrowing(const Context &context);

// checks_calls.cpp
void check_hostile_params(const Context &context);
void check_answers(const Context &context);
void check_readiness(const Context &context);
void check_any_thread(const Context &context);
void check_cancel(const Context &context);
void check_cancel_of_ended(const Context &context);
void check_late_answer(const Context &context);

// checks_life.cpp
void check_life(const Context &context);
void check_quiesce(const Context &context);
void check_stop(const Context &context);
void check_second_life(const Context &context);
void check_unload(const Context &context);
void check_threads(const Context &context);
void check_descriptors(const Context &context);
void check_memory(const Context &context);
void check_cycles(const Context &context);

} // namespace mistify::mock_host::validation
