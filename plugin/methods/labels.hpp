// SPDX-License-Identifier: Apache-2.0
//
// What the containers of our guests are labelled with.
#pragma once

#include "guest.hpp"

namespace mdocker::methods {

/// The guest's id. A container is a guest of ours where it is present and not empty.
inline constexpr std::string_view kGuestLabel = "io.mistify.mdocker.guest";
/// The instance that made the guest; absent where that was before there were any.
inline constexpr std::string_view kInstanceLabel = "io.mistify.mdocker.instance";
/// The NICs that the guest was created with, as JSON.
inline constexpr std::string_view kNicsLabel = "io.mistify.mdocker.nics";
/// Of the create that made the container: how it is told from another one of that name.
inline constexpr std::string_view kCreateLabel = "io.mistify.mdocker.create";
/// Of the save that made the image.
inline constexpr std::string_view kSaveLabel = "io.mistify.mdocker.save";
/// Before the key of each metadatum.
inline constexpr std::string_view kMetadataPrefix = "io.mistify.metadata.";

/// The labels of a guest that we make; without an instance where that is empty.
Strings labels_of(const Guest &guest, std::string_view instance = {});

/// Whether the guest with these labels is that instance's. Where they do not say it is the default
/// one's.
bool is_of_instance(const Strings &labels, std::string_view instance);

/// What nobody else uses: 128 random bits, for kCreateLabel and kSaveLabel.
std::string new_token();

/// The NICs out of their label; none where there is no label. Throws Error (engine) where somebody
/// has written something else into it.
std::vector<network::Nic> nics_of(const Strings &labels);

/// The labels of ours among them, each blank: an image that is saved of a guest carries the guest's
/// labels, and what runs from it must not be taken for that guest.
Strings blanks_for(const Strings &labels);

} // namespace mdocker::methods
