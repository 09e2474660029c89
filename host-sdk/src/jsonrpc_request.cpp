// SPDX-License-Identifier: Apache-2.0
#include "jsonrpc_request.hpp"

namespace mistify::jsonrpc {
namespace {

constexpr std::size_t kShownBytes = 100;

std::string_view trim(std::string_view text) noexcept {
  constexpr std::string_view kBlank = " \t";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

} // namespace

void Request::take(std::string_view key, const json::Value &value) noexcept {
  if (json::same_key(key, "method"))
    method = value;
  else if (json::same_key(key, "params"))
    params = value;
  else if (json::same_key(key, "id"))
    id = value;
  else if (json::same_key(key, "jsonrpc"))
    jsonrpc = value;
}

bool Request::is_v2() const {
  return jsonrpc && jsonrpc->kind == json::Kind::string && json::text(*jsonrpc) == "2.0";
}

Request read_request(std::string_view object, unsigned depth) {
  Request request;
  json::scan(
      object, [&](std::string_view key, const json::Value &value) { request.take(key, value); },
      depth);
  return request;
}

Params read_params(const json::Value &params) {
  if (params.kind == json::Kind::object)
    return {params.raw, {}};
  if (params.kind != json::Kind::array)
    return {{},
            "params is " + std::string(json::kind_name(params.kind)) +
                ", expected an array or an object"};
  const std::optional<json::Value> first = json::first_element(params);
  if (!first || first->kind == json::Kind::null)
    return {};
  if (first->kind == json::Kind::object)
    return {first->raw, {}};
  return {{}, "params[0] is " + std::string(json::kind_name(first->kind)) + ", expected an object"};
}

bool is_json_media_type(std::string_view content_type) noexcept {
  return json::same_key(trim(content_type.substr(0, content_type.find(';'))), "application/json");
}

std::string shown(std::string_view text) {
  if (text.size() <= kShownBytes)
    return json::quoted(text);
  // Not in the middle of a character: its first byte goes too.
  std::size_t end = kShownBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
    --end;
  return json::quoted(text.substr(0, end)) + "...";
}

} // namespace mistify::jsonrpc
