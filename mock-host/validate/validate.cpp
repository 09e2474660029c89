// SPDX-License-Identifier: Apache-2.0
#include "validate.hpp"

#include "../plugins.hpp"
#include "../pretty.hpp"
#include "checks.hpp"
#include "child.hpp"
#include "isolation.hpp"
#include "report.hpp"

#include <json.hpp>
#include <nearest.hpp>

#include <algorithm>
#include <iostream>

namespace mistify::mock_host {
namespace {

using namespace validation;

std::vector<const Check *> chosen(const std::vector<std::string> &names) {
  std::vector<std::string_view> known;
  std::vector<const Check *> out;
  for (const Check &check : all_checks()) {
    known.push_back(check.name);
    if (names.empty() || std::find(names.begin(), names.end(), check.name) != names.end())
      out.push_back(&check);
  }
  for (const std::string &name : names) {
    if (std::find(known.begin(), known.end(), name) == known.end())
      throw UsageError("--check: unknown check " + json::quoted(name) +
                       "; the nearest known one is " + std::string(nearest(name, known)));
  }
  return out;
}

/// The check that was needed and did not pass.
bool lacks(const std::vector<Outcome> &before, std::string_view needed) {
  return std::any_of(before.begin(), before.end(), [needed](const Outcome &outcome) {
    return outcome.check->name == needed && outcome.verdict.result != Result::passed;
  });
}

} // namespace

int validate(const Settings &settings, const ValidateOptions &options) {
  const std::vector<const Check *> checks = chosen(options.checks);
  const std::filesystem::path file = std::filesystem::absolute(options.file).lexically_normal();
  if (!std::filesystem::exists(file))
    throw RunError(file.string() + ": no such file");
  if (!options.unconfined)
    isolate();
  const auto config = host_options(settings).config;
  const std::chrono::milliseconds limit = options.time_limit;
  std::vector<Outcome> outcomes;
  for (const Check *check : checks) {
    if (lacks(outcomes, check->needs)) {
      outcomes.push_back(
          {check,
           {Result::not_applicable, {}, "needs what " + std::string(check->needs) + " checks"}});
      continue;
    }
    outcomes.push_back({check, run_in_child(limit, [&](const Teller &tell) {
                          check->run({file, config, limit / 2, tell});
                        })});
  }
  std::cout << (options.json ? pretty(as_json(file, outcomes)) + "\n" : as_table(outcomes));
  const bool failed = std::any_of(outcomes.begin(), outcomes.end(), [](const Outcome &outcome) {
    return outcome.verdict.result == Result::failed;
  });
  return std::cout.flush() && !failed ? 0 : kExitFailed;
}

} // namespace mistify::mock_host
