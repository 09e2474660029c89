// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "checks.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace mistify::mock_host::validation {

struct Outcome {
  const Check *check;
  Verdict verdict;
};

/// For people: a line for each check, and what was found below it.
std::string as_table(const std::vector<Outcome> &outcomes);

/// For machines:
///   {"file", "passed", "failed", "not_applicable" (numbers), "checks": [{"check", "promise",
///    "result" ("passed", "failed", "not_applicable"), "findings": [...], "reason"}]}
/// with findings where it failed, reason where it does not apply.
std::string as_json(const std::filesystem::path &file, const std::vector<Outcome> &outcomes);

} // namespace mistify::mock_host::validation
