// SPDX-License-Identifier: Apache-2.0
//
// The writing half of the framing: answers as bytes. Internal.
#pragma once

#include "mistify/jsonrpc.hpp"

#include <string>
#include <string_view>

namespace mistify::jsonrpc {

/// JSON-RPC 2.0, section 5.1.
inline constexpr int kInvalidRequest = -32600;

/// An error of the transport: the body is the text, on one line, without a newline at its end.
Reply text_reply(unsigned status, std::string_view text);

/// A status with neither body nor Content-Type.
Reply empty_reply(unsigned status);

/// HTTP 200 with one JSON value and a newline.
Reply json_reply(std::string value);

/// JSON-RPC 1.0. An empty id wants no answer; errors of the request and of the host are errors of
/// the transport there, as the original's clients expect them.
Reply reply_v1(const Answer &answer, std::string_view id);

/// Appends a JSON-RPC 2.0 response object. The id is JSON; empty stands for null.
void append_error_v2(std::string &out, const CallError &error, std::string_view id);
void append_answer_v2(std::string &out, const Answer &answer, std::string_view id);

} // namespace mistify::jsonrpc
