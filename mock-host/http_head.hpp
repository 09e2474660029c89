// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http_types.hpp"

#include <string>
#include <string_view>

namespace mistify::mock_host {

/// What a reply's head needs to know of its connection.
struct HeadOptions {
  bool http_1_1 = true;
  bool keep_alive = true;
  std::string_view trace_id;
};

/// The status line and the header fields of a reply, up to the empty line.
std::string reply_head(const HttpReply &reply, const HeadOptions &options);

/// The caller's trace id where it is printable ASCII of at most 128 bytes, else a new one.
/// On the server's thread.
std::string trace_id_for(std::string_view given);

} // namespace mistify::mock_host
