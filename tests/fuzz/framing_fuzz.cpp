// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a JSON-RPC request: whatever it is, each call in it gets a struct, and the reply is
// what its Content-Type says, with one answer to each element that wants one. The first byte says
// how the calls end.
#include "fuzz.hpp"

#include <json.hpp>
#include <mistify/jsonrpc.hpp>

#include <algorithm>
#include <array>
#include <string>

namespace {

using namespace mistify;
using fuzz::require;
using jsonrpc::Call;
using jsonrpc::Exchange;
using jsonrpc::Reply;

constexpr jsonrpc::Limits kLimits{.body = 6'000, .depth = 16, .batch = 8};
// A reply stands around what it echoes.
constexpr unsigned kReplyDepth = kLimits.depth + 8;

bool is_known(std::string_view method) {
  return !method.empty() && method.front() == 'M';
}

jsonrpc::RequestHead head(unsigned choice) {
  constexpr std::array<std::string_view, 4> kMethods{"POST", "GET", "PUT", "\xff\n"};
  constexpr std::array<std::string_view, 4> kTypes{
      "application/json", " Application/JSON ; charset=utf-8", "", "text/\x01\xff"};
  // Most requests are served.
  return {kMethods[choice / 4 % 8 < 6 ? 0 : choice % 4], kTypes[choice / 32 < 6 ? 0 : choice % 4]};
}

// What a call came to; told by a plugin, so its words may be anything.
Answer answer(const Call &call, unsigned choice) {
  switch (choice % 4) {
  case 0:
    return {std::string(call.params_json), {}};
  case 1:
    return {{}, CallError{-32000, std::string(call.params_json), std::string(call.params_json)}};
  case 2:
    return {{}, CallError{kBusy, "no \n place\xff\xc2", "no JSON"}};
  default:
    return {"", {}};
  }
}

void check_call(const Call &call) {
  require(is_known(call.method), "a method that nobody knows", call.method);
  const json::Value params = json::parse(call.params_json, kLimits.depth);
  require(params.kind == json::Kind::object && params.raw == call.params_json,
          "params that are no struct", call.params_json);
}

const json::Value *member(const json::Members &members, std::string_view key) {
  require(std::count_if(members.begin(), members.end(),
                        [&](const json::Member &one) { return one.key == key; }) <= 1,
          "a member is there twice", key);
  return json::find(members, key);
}

void check_response(std::string_view text, bool v2) {
  const json::Members members = json::members(text, kReplyDepth);
  const json::Value *error = member(members, "error");
  const json::Value *result = member(members, "result");
  require(member(members, "id") != nullptr, "a response without an id", text);
  if (v2) {
    require(member(members, "jsonrpc") != nullptr && member(members, "jsonrpc")->raw == R"("2.0")",
            "a response of no version", text);
    require((error == nullptr) != (result == nullptr), "a result and an error, or none", text);
  } else {
    require(error != nullptr && result != nullptr &&
                (error->kind == json::Kind::null || result->kind == json::Kind::null),
            "a result and an error", text);
  }
}

void check_json(std::string_view body, std::size_t most) {
  require(body.ends_with('\n'), "a reply without its newline", body);
  const json::Value root = json::parse(body, kReplyDepth);
  if (root.kind == json::Kind::array) {
    const auto responses = json::elements(body, kReplyDepth);
    require(!responses.empty() && responses.size() <= most, "too many responses, or none", body);
    for (const json::Value &response : responses)
      check_response(response.raw, true);
    return;
  }
  const json::Members members = json::members(body, kReplyDepth);
  check_response(body, json::find(members, "jsonrpc") != nullptr);
}

void check_reply(const Reply &reply) {
  require(reply.allow.empty() == (reply.status != 405), "the Allow header");
  if (reply.content_type.empty()) {
    require(reply.body.empty() && (reply.status == 200 || reply.status == 204), "a bare body");
  } else if (reply.content_type == "application/json; charset=utf-8") {
    require(reply.status == 200, "JSON with another status than 200");
    check_json(reply.body, kLimits.batch);
  } else {
    require(reply.content_type == "text/plain; charset=utf-8", "another type", reply.content_type);
    constexpr std::array<unsigned, 5> kRefusals{400, 405, 413, 415, 503};
    require(std::count(kRefusals.begin(), kRefusals.end(), reply.status) == 1, "another status");
    fuzz::require_line(reply.body);
  }
}

Reply reply_to(std::string body, unsigned choice) {
  Exchange exchange(head(choice), std::move(body), kLimits, is_known);
  const std::size_t calls = exchange.calls().size();
  require(calls <= kLimits.batch, "more calls than a batch may have");
  for (std::size_t i = calls; i-- > 0;) { // the answers come in any order
    check_call(exchange.calls()[i]);
    const bool last = exchange.answer(i, answer(exchange.calls()[i], choice));
    require(last == (i == 0), "the last answer is another one");
    require(!exchange.answer(i, {"0", {}}), "a second answer counts");
  }
  return std::move(exchange).reply();
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  const fuzz::Input input(data, size);
  const Reply reply = reply_to(std::string(input.text()), input.choice());
  check_reply(reply);
  const Reply again = reply_to(" \n" + std::string(input.text()), input.choice());
  require(again.status == reply.status && (reply.status != 200 || again.body == reply.body),
          "white space before a request makes it another one", again.body);
  return 0;
}
