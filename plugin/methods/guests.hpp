// SPDX-License-Identifier: Apache-2.0
//
// The life of a guest: one coroutine a method, each called when it is the guest's turn (in_turn()).
#pragma once

#include "inspect.hpp"
#include "requests.hpp"

namespace mdocker::methods {

using Result = asio::awaitable<std::string>;

Result create_container(Environment &environment, CreateRequest request, Deadline deadline);
Result start_container(Environment &environment, GuestRequest request, Deadline deadline);
Result stop_container(Environment &environment, StopRequest request, Deadline deadline);
/// Also RebootContainer: a container knows no difference.
Result restart_container(Environment &environment, RestartRequest request, Deadline deadline);
Result pause_container(Environment &environment, GuestRequest request, Deadline deadline);
Result unpause_container(Environment &environment, GuestRequest request, Deadline deadline);
Result delete_container(Environment &environment, GuestRequest request, Deadline deadline);

/// The NICs that a guest gets when it starts: those that were asked for, else those that it was
/// created with. Throws Error (invalid) where a guest of ours was created with others.
std::vector<network::Nic> wanted_nics(const std::vector<Nic> &given, const Container &container);

/// {"guest": the request's guest in its new state, "message": where there is one}
std::string guest_response(Guest guest, std::string_view state, std::string_view message = {});

} // namespace mdocker::methods
