// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "inspect.hpp"
#include "requests.hpp"

namespace mdocker::methods {

/// Called when it is the container's turn (in_turn()).
asio::awaitable<std::string> save_container(Environment &environment, SaveRequest request,
                                            Deadline deadline);

/// The configuration that goes with a commit: the caller's (an object, or empty for none) as it
/// came, with the labels of ours that the container has made blank. Throws Error (invalid) where
/// its Labels are no object.
std::string commit_config(std::string_view run, const Strings &labels, std::string_view token = {});

} // namespace mdocker::methods
