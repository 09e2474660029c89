// SPDX-License-Identifier: Apache-2.0
#include "jsonrpc_reply.hpp"

#include "json.hpp"
#include "utf8.hpp"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <utility>

namespace mistify::jsonrpc {
namespace {

void append(std::string &out, std::initializer_list<std::string_view> parts) {
  std::size_t size = out.size() + 1; // a reply ends with a newline
  for (const std::string_view part : parts)
    size += part.size();
  // At least doubled: a batch appends many times.
  if (size > out.capacity())
    out.reserve(std::max(size, 2 * out.capacity()));
  for (const std::string_view part : parts)
    out.append(part);
}

std::string_view or_null(std::string_view json) noexcept {
  return json.empty() ? std::string_view("null") : json;
}

/// Whether the text is an object with something in it. One that is not well-formed is left out, so
/// that what we send is.
bool is_filled_object(std::string_view data) {
  if (data.empty())
    return false;
  try {
    bool filled = false;
    const json::Value root =
        json::scan(data, [&](std::string_view, const json::Value &) { filled = true; });
    return filled && root.kind == json::Kind::object;
  } catch (const json::ParseError &) {
    return false;
  }
}

/// The HTTP status of an error that is not of the method's own work.
std::optional<unsigned> transport_status(int code) noexcept {
  switch (code) {
  case kMethodNotFound:
  case kInvalidParams:
    return 400;
  case kBusy:
    return 503;
  default:
    return std::nullopt;
  }
}

} // namespace

Reply text_reply(unsigned status, std::string_view text) {
  return {
      .status = status, .content_type = "text/plain; charset=utf-8", .body = json::one_line(text)};
}

Reply empty_reply(unsigned status) {
  return {.status = status};
}

Reply json_reply(std::string value) {
  value.push_back('\n');
  return {
      .status = 200, .content_type = "application/json; charset=utf-8", .body = std::move(value)};
}

Reply reply_v1(const Answer &answer, std::string_view id) {
  const auto status = answer.error ? transport_status(answer.error->code) : std::nullopt;
  if (status)
    return text_reply(*status, answer.error->message);
  if (id.empty())
    return empty_reply(200);
  std::string body;
  if (answer.error)
    append(body, {R"({"result":null,"error":)", json::quoted(answer.error->message), R"(,"id":)",
                  id, "}"});
  else
    append(body, {R"({"result":)", or_null(answer.result_json), R"(,"error":null,"id":)", id, "}"});
  return json_reply(std::move(body));
}

void append_error_v2(std::string &out, const CallError &error, std::string_view id) {
  append(out, {R"({"jsonrpc":"2.0","error":{"code":)", std::to_string(error.code), R"(,"message":)",
               json::quoted(error.message)});
  if (is_filled_object(error.data_json))
    append(out, {R"(,"data":)", error.data_json});
  append(out, {R"(},"id":)", or_null(id), "}"});
}

void append_answer_v2(std::string &out, const Answer &answer, std::string_view id) {
  if (answer.error)
    append_error_v2(out, *answer.error, id);
  else
    append(out, {R"({"jsonrpc":"2.0","result":)", or_null(answer.result_json), R"(,"id":)",
                 or_null(id), "}"});
}

} // namespace mistify::jsonrpc
