// SPDX-License-Identifier: Apache-2.0
//
// The methods about images that the engine has.
#pragma once

#include "change.hpp"
#include "image.hpp"
#include "requests.hpp"

namespace mdocker::methods {

asio::awaitable<std::string> list_images(Environment &environment, ListImagesRequest request,
                                         Deadline deadline);
asio::awaitable<std::string> get_image(Environment &environment, ImageRequest request,
                                       Deadline deadline);
/// In its turn: see take_image_turn().
asio::awaitable<std::string> delete_image(Environment &environment, ImageRequest request,
                                          Deadline deadline);

/// Takes a name, as canonical_name() writes it, from its image, for whoever has the name's turn.
/// Throws Error as carry_out().
asio::awaitable<Done> remove_name(Environment &environment, std::string name, Image image,
                                  Deadline deadline);

/// The turn of an image for a change: changes under one name go in the order in which they came.
/// Throws Error as Turns::take().
asio::awaitable<runtime::Turns::Turn> take_image_turn(Environment &environment, std::string id,
                                                      Deadline deadline);
/// The same for a change that gives this name to an image, whichever has it before.
asio::awaitable<runtime::Turns::Turn> take_name_turn(Environment &environment,
                                                     std::string_view name, Deadline deadline);

} // namespace mdocker::methods
