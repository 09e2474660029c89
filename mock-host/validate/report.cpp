// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include <json.hpp>

#include <algorithm>

namespace mistify::mock_host::validation {
namespace {

std::size_t count(const std::vector<Outcome> &outcomes, Result result) {
  return static_cast<std::size_t>(
      std::count_if(outcomes.begin(), outcomes.end(),
                    [result](const Outcome &outcome) { return outcome.verdict.result == result; }));
}

std::string_view name_of(Result result) {
  switch (result) {
  case Result::passed:
    return "passed";
  case Result::failed:
    return "failed";
  case Result::not_applicable:
    break;
  }
  return "not_applicable";
}

std::string padded(std::string_view text, std::size_t width) {
  std::string out(text);
  out.resize(std::max(width, out.size()) + 2, ' ');
  return out;
}

} // namespace

std::string as_table(const std::vector<Outcome> &outcomes) {
  std::size_t width = 0;
  for (const Outcome &outcome : outcomes)
    width = std::max(width, outcome.check->name.size());
  std::string out = padded("CHECK", width) + padded("RESULT", 6) + "THE PLUGIN ...\n";
  const std::string indent = padded("", width) + padded("", 6) + "  ";
  for (const Outcome &outcome : outcomes) {
    const Result result = outcome.verdict.result;
    const std::string_view word = result == Result::passed   ? "passed"
                                  : result == Result::failed ? "FAILED"
                                                             : "n/a";
    out += padded(outcome.check->name, width) + padded(word, 6);
    out.append(outcome.check->promise).append("\n");
    for (const std::string &finding : outcome.verdict.findings)
      out += indent + finding + "\n";
    if (result == Result::not_applicable)
      out += indent + outcome.verdict.reason + "\n";
  }
  return out + std::to_string(count(outcomes, Result::passed)) + " passed, " +
         std::to_string(count(outcomes, Result::failed)) + " failed, " +
         std::to_string(count(outcomes, Result::not_applicable)) + " not applicable\n";
}

std::string as_json(const std::filesystem::path &file, const std::vector<Outcome> &outcomes) {
  std::string out = R"({"file":)" + json::quoted(file.string());
  for (const Result result : {Result::passed, Result::failed, Result::not_applicable})
    out += "," + json::quoted(name_of(result)) + ":" + std::to_string(count(outcomes, result));
  out += R"(,"checks":[)";
  for (const Outcome &outcome : outcomes) {
    const Verdict &verdict = outcome.verdict;
    out += (&outcome == &outcomes.front() ? R"({"check":)" : R"(,{"check":)") +
           json::quoted(outcome.check->name) + R"(,"promise":)" +
           json::quoted(outcome.check->promise) + R"(,"result":)" +
           json::quoted(name_of(verdict.result));
    if (verdict.result == Result::failed) {
      out += R"(,"findings":[)";
      for (const std::string &finding : verdict.findings)
        out += (&finding == &verdict.findings.front() ? "" : ",") + json::quoted(finding);
      out += "]";
    }
    if (verdict.result == Result::not_applicable)
      out += R"(,"reason":)" + json::quoted(verdict.reason);
    out += "}";
  }
  return out + "]}";
}

} // namespace mistify::mock_host::validation
