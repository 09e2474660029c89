// SPDX-License-Identifier: Apache-2.0
#include "mistify/jsonrpc.hpp"

#include "json.hpp"
#include "jsonrpc_reply.hpp"
#include "jsonrpc_request.hpp"

#include <deque>
#include <optional>
#include <utility>
#include <vector>

namespace mistify::jsonrpc {
namespace {

constexpr std::size_t kNoCall = static_cast<std::size_t>(-1);

/// Thrown where the whole request is refused.
struct Refusal {
  unsigned status;
  std::string text;
  std::string allow = {};
};

using Known = std::function<bool(std::string_view method)>;

/// One answer of the reply, in order.
struct Entry {
  std::string_view id;                 ///< As it was written; empty: no answer is wanted.
  std::size_t call = kNoCall;          ///< The call that it answers,
  std::optional<CallError> error = {}; ///< or why there is none.
};

void check_head(const RequestHead &head) {
  if (head.http_method != "GET" && head.http_method != "POST")
    throw Refusal{405, "HTTP method " + shown(head.http_method) + ", expected POST or GET",
                  "GET, POST"};
  if (!is_json_media_type(head.content_type))
    throw Refusal{415, "rpc: unrecognized Content-Type " + shown(head.content_type) +
                           ", expected application/json"};
}

void check_size(std::size_t size, const Limits &limits) {
  if (size > limits.body)
    throw Refusal{413, "request body of " + std::to_string(size) + " bytes, expected at most " +
                           std::to_string(limits.body)};
}

Reply reply_to(Refusal refusal) {
  Reply reply = text_reply(refusal.status, refusal.text);
  reply.allow = std::move(refusal.allow);
  return reply;
}

bool is_string(const std::optional<json::Value> &member) noexcept {
  return member && member->kind == json::Kind::string;
}

std::string kind_of(const std::optional<json::Value> &member) {
  return std::string(member ? json::kind_name(member->kind) : "missing");
}

std::string cannot_find(std::string_view method) {
  return "rpc: can't find method " + shown(method);
}

} // namespace

struct Exchange::State {
  std::string body;                  // what the views point into
  std::deque<std::string> unescaped; // method names that are no slices of the body
  std::vector<Call> calls;
  std::vector<std::optional<Answer>> answers;
  std::size_t missing = 0;
  std::vector<Entry> entries;
  bool v2 = false;
  bool batch = false;
  std::optional<Reply> refused;

  void read(const Limits &limits, const Known &known);
  void read_object(unsigned depth, const Known &known);
  void read_batch(const Limits &limits, const Known &known);
  void read_v1(const Request &request, const Known &known);
  void read_v2(const Request &request, const Known &known);
  void add_call(std::string_view method, std::string_view params, std::string_view id);
  std::string_view text_of(const json::Value &string);
  [[nodiscard]] Reply reply_v2() const;
};

void Exchange::State::read(const Limits &limits, const Known &known) {
  const std::size_t begin = body.find_first_not_of(" \t\r\n");
  try {
    if (begin != std::string::npos && body[begin] == '[')
      read_batch(limits, known);
    else
      read_object(limits.depth, known);
  } catch (const json::ParseError &error) {
    throw Refusal{400, "rpc: invalid JSON at byte " + std::to_string(error.offset()) + ": " +
                           error.what()};
  }
  answers.resize(calls.size());
  missing = calls.size();
}

void Exchange::State::read_object(unsigned depth, const Known &known) {
  Request request;
  const json::Value root = json::scan(
      body, [&](std::string_view key, const json::Value &value) { request.take(key, value); },
      depth);
  if (root.kind != json::Kind::object)
    throw Refusal{400, "rpc: request is " + std::string(json::kind_name(root.kind)) +
                           ", expected an object or an array"};
  v2 = request.is_v2();
  if (v2)
    read_v2(request, known);
  else
    read_v1(request, known);
}

void Exchange::State::read_v1(const Request &request, const Known &known) {
  if (!is_string(request.method))
    throw Refusal{400, "rpc: method is " + kind_of(request.method) + ", expected a string"};
  const std::string_view method = text_of(*request.method);
  if (!known(method))
    throw Refusal{400, cannot_find(method)};
  if (!request.params || request.params->kind == json::Kind::null)
    throw Refusal{400,
                  "rpc: params is " + kind_of(request.params) + ", expected an array or an object"};
  const Params params = read_params(*request.params);
  if (!params.wrong.empty())
    throw Refusal{400, "rpc: " + params.wrong};
  const bool silent = !request.id || request.id->kind == json::Kind::null;
  add_call(method, params.object, silent ? std::string_view() : request.id->raw);
}

void Exchange::State::read_batch(const Limits &limits, const Known &known) {
  v2 = batch = true;
  std::vector<json::Value> elements;
  json::scan(
      body,
      [&](std::string_view, const json::Value &value) {
        if (elements.size() == limits.batch)
          throw Refusal{413, "batch of more than " + std::to_string(limits.batch) +
                                 " requests, expected at most that many"};
        elements.push_back(value);
      },
      limits.depth);
  if (elements.empty()) {
    batch = false; // one error object, in no array
    entries.push_back({"null", kNoCall, CallError{kInvalidRequest, "empty batch", {}}});
  }
  entries.reserve(elements.size());
  for (const json::Value &element : elements) {
    const Request request =
        element.kind == json::Kind::object ? read_request(element.raw, limits.depth) : Request();
    if (request.is_v2())
      read_v2(request, known);
    else
      entries.push_back({"null", kNoCall,
                         CallError{kInvalidRequest,
                                   "element of the batch is no JSON-RPC 2.0 request object",
                                   {}}});
  }
}

void Exchange::State::read_v2(const Request &request, const Known &known) {
  const std::string_view id = request.id ? request.id->raw : std::string_view();
  const auto invalid = [&](const std::string &what) {
    // What is no valid request is no notification either: it is answered, to null if need be.
    entries.push_back({id.empty() ? "null" : id, kNoCall, CallError{kInvalidRequest, what, {}}});
  };
  if (!is_string(request.method))
    return invalid("method is " + kind_of(request.method) + ", expected a string");
  const json::Value none{json::Kind::object, "{}"};
  const json::Value &given = request.params.value_or(none);
  if (given.kind != json::Kind::array && given.kind != json::Kind::object)
    return invalid("params is " + std::string(json::kind_name(given.kind)) +
                   ", expected an array or an object");
  const std::string_view method = text_of(*request.method);
  if (!known(method)) {
    entries.push_back({id, kNoCall, CallError{kMethodNotFound, cannot_find(method), {}}});
    return;
  }
  const Params params = read_params(given);
  if (!params.wrong.empty()) {
    entries.push_back({id, kNoCall, CallError{kInvalidParams, params.wrong, {}}});
    return;
  }
  add_call(method, params.object, id);
}

void Exchange::State::add_call(std::string_view method, std::string_view params,
                               std::string_view id) {
  entries.push_back({id, calls.size(), {}});
  calls.push_back({method, params});
}

std::string_view Exchange::State::text_of(const json::Value &string) {
  if (string.raw.find('\\') == std::string_view::npos)
    return string.raw.substr(1, string.raw.size() - 2);
  return unescaped.emplace_back(json::text(string));
}

Reply Exchange::State::reply_v2() const {
  std::string out;
  for (const Entry &entry : entries) {
    if (entry.id.empty())
      continue;
    if (batch)
      out.push_back(out.empty() ? '[' : ',');
    if (entry.error)
      append_error_v2(out, *entry.error, entry.id);
    else
      append_answer_v2(out, answers[entry.call].value(), entry.id);
  }
  if (out.empty())
    return empty_reply(204);
  if (batch)
    out.push_back(']');
  return json_reply(std::move(out));
}

std::optional<Reply> refuse_head(const RequestHead &head) {
  try {
    check_head(head);
    return std::nullopt;
  } catch (Refusal &refusal) {
    return reply_to(std::move(refusal));
  }
}

Exchange::Exchange(const RequestHead &head, std::string body, const Limits &limits,
                   const std::function<bool(std::string_view method)> &has_method)
    : state_(std::make_unique<State>()) {
  state_->body = std::move(body);
  try {
    check_head(head);
    check_size(state_->body.size(), limits);
    state_->read(limits, has_method);
  } catch (Refusal &refusal) {
    state_->calls.clear();
    state_->refused = reply_to(std::move(refusal));
  }
}

Exchange::~Exchange() = default;
Exchange::Exchange(Exchange &&) noexcept = default;
Exchange &Exchange::operator=(Exchange &&) noexcept = default;

std::span<const Call> Exchange::calls() const noexcept {
  return state_->calls;
}

bool Exchange::answer(std::size_t index, Answer answer) {
  std::optional<Answer> &slot = state_->answers.at(index);
  if (slot)
    return false;
  slot = std::move(answer);
  return --state_->missing == 0;
}

Reply Exchange::reply() && {
  if (state_->refused)
    return std::move(*state_->refused);
  if (state_->v2)
    return state_->reply_v2();
  const Entry &entry = state_->entries.front();
  return mistify::jsonrpc::reply_v1(state_->answers[entry.call].value(), entry.id);
}

} // namespace mistify::jsonrpc
