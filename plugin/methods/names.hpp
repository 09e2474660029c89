// SPDX-License-Identifier: Apache-2.0
//
// The grammars of the engine's names. What passes may stand in a path of the engine's API as it is.
#pragma once

#include <string>
#include <string_view>

namespace mdocker::methods {

/// A container's name or id: [a-zA-Z0-9][a-zA-Z0-9_.-]*, at most 1024 bytes.
bool is_container_id(std::string_view text) noexcept;
/// Only hexadecimal digits: may be (the begin of) an id as well as a name.
bool may_be_hex_id(std::string_view text) noexcept;
/// An image's id: "sha256:" and 64 hexadecimal digits, or these alone.
bool is_image_id(std::string_view text) noexcept;
/// A tag: [A-Za-z0-9_][A-Za-z0-9_.-]{0,127}.
bool is_tag(std::string_view text) noexcept;
/// A repository: [HOST[:PORT]/]PATH, lower-case path components, with its default registry and
/// folder at most 255 bytes; a tag may follow, as the engine has it.
bool is_repository(std::string_view text) noexcept;

/// What an image may be asked for by: its id or the begin of it, or REPOSITORY[:TAG][@DIGEST].
bool is_image_reference(std::string_view text) noexcept;

/// Throw Error (invalid) `invalid id "..."` where it is no container's name or id, and no image's.
void check_container_id(std::string_view id);
void check_image_reference(std::string_view id);

/// The text in quotes for a message: escaped, and cut where it is long.
std::string shown(std::string_view text);

} // namespace mdocker::methods
