// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace mistify::mock_host {

/// Tells the service manager that started this program, if one did, what state it is in: "READY=1",
/// "STOPPING=1" (sd_notify(3): one datagram to the socket that $NOTIFY_SOCKET names). What cannot
/// be told is logged.
void notify(std::string_view state);

} // namespace mistify::mock_host
