// SPDX-License-Identifier: Apache-2.0
//
// Methods that only look.
#pragma once

#include "inspect.hpp"
#include "requests.hpp"

namespace mdocker::methods {

asio::awaitable<std::string> get_info(Environment &environment, InfoRequest request,
                                      Deadline deadline);
asio::awaitable<std::string> get_container(Environment &environment, GetRequest request,
                                           Deadline deadline);
asio::awaitable<std::string> list_containers(Environment &environment, ListRequest request,
                                             Deadline deadline);

/// The ids in the engine's list of containers. Throws Error (engine) where it is none.
std::vector<std::string> parse_list(std::string_view body);
/// {"containers": [...]} of inspect answers; what is empty is left out.
std::string containers_response(const std::vector<std::string> &containers);

} // namespace mdocker::methods
