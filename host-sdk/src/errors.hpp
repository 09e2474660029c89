// SPDX-License-Identifier: Apache-2.0
//
// The errors that the host itself answers with. Each carries data for machines, as mistify_error
// describes it.
#pragma once

#include "mistify/host.hpp"

#include <string>
#include <string_view>

namespace mistify::detail {

struct ErrorData {
  std::string_view kind;
  bool retryable = false;
  std::string_view method = {}; ///< A registered name, or empty.
  std::string_view phase = {};
};

Answer failure(int code, std::string message, const ErrorData &data);

Answer no_such_method(std::string_view name);
Answer no_such_plugin(std::string_view name);
Answer too_many_calls(std::string_view method, std::size_t limit);
Answer plugin_going(std::string_view method);
Answer host_going(std::string_view method);
/// No answer in time: that of a change may have come to anything.
Answer timed_out(std::string_view method, bool read_only, std::string_view phase);
/// The caller does not want the answer any more.
Answer cancelled(std::string_view method, std::string_view phase);
/// The host gives a call up that its plugin has begun.
Answer cut_short(std::string_view method, bool read_only, std::string_view why,
                 std::string_view phase);

// Of calls that waited for a plugin that was being reloaded, and never reached it.
Answer timed_out_waiting(std::string_view method);
Answer plugin_busy(std::string_view method);
Answer plugin_gone(std::string_view method);

Answer empty_result();

} // namespace mistify::detail
