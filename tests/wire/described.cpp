// SPDX-License-Identifier: Apache-2.0
#include "described.hpp"

#include "../support/json_schema.hpp"
#include "json_at.hpp"
#include "process.hpp"

#include <map>

namespace wire {
namespace {

using mdocker::test::JsonSchema;
using Schemas = std::map<std::string, JsonSchema, std::less<>>;

/// Of the results, by method, from the host's own description.
Schemas result_schemas() {
  const std::string document = run({{WIRE_HOST, "methods", "--json", "--plugin", WIRE_PLUGIN}});
  Schemas out;
  for (const std::string &method : elements(at(document, {"methods"})))
    out.emplace(text_at(method, {"name"}), JsonSchema(at(method, {"result", "schema"})));
  return out;
}

} // namespace

void require_as_described(std::string_view method, std::string_view result) {
  static const Schemas kSchemas = result_schemas();
  const auto schema = kSchemas.find(method);
  if (schema == kSchemas.end())
    throw std::logic_error("no description of " + std::string(method));
  const std::string violation = schema->second.violation(result);
  if (!violation.empty())
    throw std::runtime_error(std::string(method) + " answers not as it is described: " + violation +
                             ": " + std::string(result));
}

} // namespace wire
