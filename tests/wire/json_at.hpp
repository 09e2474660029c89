// SPDX-License-Identifier: Apache-2.0
//
// Looking into JSON answers. A path that is not there throws, and so fails the test with its name.
#pragma once

#include "json.hpp"

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace wire {

/// The raw value at a path of keys and array indexes: at(text, {"containers", "0", "Id"}).
std::string at(std::string_view text, std::initializer_list<std::string_view> path);
/// The same, a string's text.
std::string text_at(std::string_view text, std::initializer_list<std::string_view> path);
/// Whether there is such a value.
bool has(std::string_view text, std::initializer_list<std::string_view> path);
std::vector<std::string> keys(std::string_view object);
std::vector<std::string> elements(std::string_view array);
/// The text without white space between its tokens.
std::string compact(std::string_view text);
std::string json_string(std::string_view text);

} // namespace wire
