// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

namespace mistify::mock_host {

/// [any thread] Has something done on the server's thread, soon and never inside the call.
using Post = std::function<void(std::function<void()> work)>;

} // namespace mistify::mock_host
