// SPDX-License-Identifier: Apache-2.0
//
// What the framing's tests share: one request served as a host would, with the same answer to each
// of its calls.
#pragma once

#include "mistify/jsonrpc.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mistify::jsonrpc {

inline constexpr std::string_view kText = "text/plain; charset=utf-8";
inline constexpr std::string_view kJson = "application/json; charset=utf-8";

inline bool is_known(std::string_view method) {
  return method == "A.Get" || method == "A.Set";
}

inline Answer result(std::string json = R"({"ok":true})") {
  return {std::move(json), std::nullopt};
}
inline Answer failure(int code, std::string message, std::string data = {}) {
  return {{}, CallError{code, std::move(message), std::move(data)}};
}

/// The params of each call as they came out, and the reply when all were answered the same.
struct Served {
  std::vector<std::string> params;
  Reply reply;
};

inline Served serve(std::string body, const Answer &answer = result(), const Limits &limits = {},
                    const RequestHead &head = {"POST", "application/json"}) {
  Exchange exchange(head, std::move(body), limits, is_known);
  Served served;
  for (std::size_t i = 0; i < exchange.calls().size(); ++i) {
    served.params.emplace_back(exchange.calls()[i].params_json);
    EXPECT_EQ(exchange.answer(i, answer), i + 1 == exchange.calls().size());
  }
  served.reply = std::move(exchange).reply();
  return served;
}

inline std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

inline std::string v1(const std::string &members) {
  return R"({"method":"A.Get",)" + members + "}";
}
inline std::string v2(const std::string &members) {
  return R"({"jsonrpc":"2.0","method":"A.Get",)" + members + "}";
}

/// How a refusal of a malformed body begins.
inline const std::string kInvalid = "rpc: invalid JSON at byte ";

inline std::string error_object(int code, const std::string &message, const std::string &id) {
  return R"({"jsonrpc":"2.0","error":{"code":)" + std::to_string(code) + R"(,"message":")" +
         message + R"("},"id":)" + id + "}";
}

} // namespace mistify::jsonrpc
