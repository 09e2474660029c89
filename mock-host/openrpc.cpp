// SPDX-License-Identifier: Apache-2.0
#include "openrpc.hpp"

#include "json.hpp"

namespace mistify::mock_host {
namespace {

/// The schema with an id, "urn:mistify:METHOD:PART", against which its "#/..." are resolved.
std::string with_id(const std::string &schema, const std::string &method, std::string_view part) {
  if (schema.empty())
    return "{}";
  const json::Value value = json::parse(schema);
  if (value.kind != json::Kind::object)
    return std::string(value.raw);
  const json::Members members = json::members(value.raw);
  if (json::find(members, "$id") != nullptr)
    return std::string(value.raw);
  std::string out = R"({"$id":)";
  json::append_string(out, "urn:mistify:" + method + ":" + std::string(part));
  if (!members.empty())
    out += ",";
  return out.append(value.raw.substr(1));
}

/// Whether a call without params cannot be right.
bool requires_params(const std::string &schema) {
  if (schema.empty() || json::parse(schema).kind != json::Kind::object)
    return false;
  const json::Members members = json::members(schema);
  const json::Value *required = json::find(members, "required");
  return required != nullptr && required->kind == json::Kind::array &&
         json::first_element(*required).has_value();
}

std::string described(const MethodInfo &method) {
  std::string out = R"({"name":)" + json::quoted(method.name);
  if (!method.summary.empty())
    out += R"(,"summary":)" + json::quoted(method.summary);
  out += R"(,"paramStructure":"by-position","params":[{"name":"params","required":)";
  out += requires_params(method.params_schema_json) ? "true" : "false";
  out += R"(,"schema":)" + with_id(method.params_schema_json, method.name, "params");
  out += R"(}],"result":{"name":"result","schema":)" +
         with_id(method.result_schema_json, method.name, "result");
  out += R"(},"x-plugin":)" + json::quoted(method.plugin) + R"(,"x-read-only":)" +
         (method.read_only ? "true" : "false");
  if (method.default_deadline.count() > 0)
    out += R"(,"x-default-deadline-ms":)" + std::to_string(method.default_deadline.count());
  return out + "}";
}

} // namespace

std::string openrpc_document(const std::vector<MethodInfo> &methods) {
  std::string out =
      R"({"openrpc":"1.3.2","info":{"title":"mistify-mock-host","version":")" MISTIFY_VERSION
      R"("},"methods":[)";
  for (const MethodInfo &method : methods)
    out += (&method == &methods.front() ? "" : ",") + described(method);
  return out + "]}";
}

} // namespace mistify::mock_host
