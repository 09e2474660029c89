// SPDX-License-Identifier: Apache-2.0
#include "checks.hpp"

namespace mistify::mock_host::validation {
namespace {

constexpr Check kChecks[] = {
    {"load", "is a shared object with an entry, and loads", "", check_load},
    {"exports", "exports the entry alone", "load", check_exports},
    {"entry", "returns the same table each time", "load", check_entry},
    {"table", "has a complete table of this major version", "entry", check_table},
    {"life", "is created, started, stopped and destroyed", "table", check_life},
    {"create", "touches nothing outside the process in create", "life", check_create},
    {"config", "refuses a configuration with an unknown key, and says why", "life", check_config},
    {"methods", "registers well-formed methods, each once and in create", "life", check_methods},
    {"refused-method", "fails to be created where a method's name is taken", "life",
     check_refused_method},
    {"older-host", "works with a host of version 1.0", "life", check_older_host},
    {"newer-host", "works with a host of a later minor version", "life", check_newer_host},
    {"other-major", "refuses a host of another major version", "life", check_other_major},
    {"short-table", "refuses a host whose table is too short", "life", check_short_table},
    {"borrowing", "reads what it is lent within its bounds and its time", "life", check_borrowing},
    {"hostile-params", "answers each call exactly once, whatever its params", "life",
     check_hostile_params},
    {"answers", "answers with JSON, and fails with one line", "hostile-params", check_answers},
    {"readiness", "says whether it is ready", "life", check_readiness},
    {"any-thread", "takes calls from any thread", "life", check_any_thread},
    {"cancel", "ends a call that is cancelled", "life", check_cancel},
    {"cancel-of-ended", "ignores a cancel of a call that has ended", "life", check_cancel_of_ended},
    {"late-answer", "goes on where an answer comes too late", "cancel", check_late_answer},
    {"quiesce", "lets calls go on after quiesce", "cancel", check_quiesce},
    {"stop", "ends every open call in stop", "life", check_stop},
    {"second-life", "can be created again in the same mapping", "life", check_second_life},
    {"unload", "is unmapped when it is unloaded", "life", check_unload},
    {"threads", "leaves no thread", "life", check_threads},
    {"descriptors", "leaves no open descriptor", "life", check_descriptors},
    {"memory", "leaves no memory, life after life", "life", check_memory},
    {"cycles", "can be loaded and unloaded 100 times", "life", check_cycles},
};

} // namespace

std::span<const Check> all_checks() noexcept {
  return kChecks;
}

} // namespace mistify::mock_host::validation
