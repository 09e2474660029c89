// SPDX-License-Identifier: Apache-2.0
//
// The steps of changes, at each of which a process may end. In the product they are nothing; the
// tests build the plugin a second time, with MDOCKER_ENDS_AT_STEPS, and kill it at one of them.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace mdocker::runtime {

enum class Step {
  request_due, ///< One that changes something at the engine.
  request_sent,
  request_answered,
  download_begun,
  piece_sent, ///< Of an image's archive.
  archive_good,
  archive_sent,
  load_settled,
  namespace_opened,
  link_due,
  link_made,
  link_up,
  transaction_due, ///< In the switch's database.
  transaction_sent,
  transaction_answered,
  ports_settled,
  unlink_due,
  unlinked,
};

/// Their names, in their order.
inline constexpr std::array<std::string_view, static_cast<std::size_t>(Step::unlinked) + 1> kSteps{
    "request is due",     "request is sent",     "request is answered",
    "download has begun", "piece is sent",       "archive is good",
    "archive is sent",    "load is settled",     "namespace is opened",
    "link is due",        "link is made",        "link is up",
    "transaction is due", "transaction is sent", "transaction is answered",
    "ports are settled",  "unlink is due",       "link is removed"};

/// Stands where a step is reached. [any thread]
#if defined(MDOCKER_ENDS_AT_STEPS)
void reached(Step step) noexcept;
#else
constexpr void reached(Step) noexcept {}
#endif

} // namespace mdocker::runtime
