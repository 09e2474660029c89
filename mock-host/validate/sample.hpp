// SPDX-License-Identifier: Apache-2.0
//
// Params that are made of a method's JSON Schema: such as the method is likely to take, and such as
// it must refuse without harm.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mistify::mock_host::validation {

/// A value with all that the schema requires. "{}" where there is no schema. Numbers are large, so
/// that who is told to wait does wait.
std::string sample_of(std::string_view schema);

/// What a host may hand to any method (well-formed UTF-8 JSON, nested at most 64 deep) and few
/// methods want: wrong types, deep, huge, odd numbers and texts, and the members that the schema
/// names, each with a value of every kind.
std::vector<std::string> hostile_params(std::string_view schema);

} // namespace mistify::mock_host::validation
