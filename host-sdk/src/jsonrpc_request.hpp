// SPDX-License-Identifier: Apache-2.0
//
// The reading half of the framing: what one request object asks for. Internal.
#pragma once

#include "json.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mistify::jsonrpc {

/// The members of a request object that the framing looks at, as slices of the body. Where a key
/// comes more than once the last one wins, whatever its case.
struct Request {
  std::optional<json::Value> jsonrpc;
  std::optional<json::Value> method;
  std::optional<json::Value> params;
  std::optional<json::Value> id;

  /// To be called with each member of the object, in their order.
  void take(std::string_view key, const json::Value &value) noexcept;

  /// "jsonrpc" is exactly the string "2.0"; anything else is JSON-RPC 1.0.
  [[nodiscard]] bool is_v2() const;
};

/// The request in an object that is known to be well-formed, and nested at most depth deep.
Request read_request(std::string_view object, unsigned depth);

/// The one struct that a method takes.
struct Params {
  std::string_view object = "{}"; ///< As it was written.
  std::string wrong;              ///< What is wrong with it, else empty.
};

/// An object is the struct itself; of an array it is the first element, {} where that is null or
/// missing; what follows it is ignored, as the original does.
Params read_params(const json::Value &params);

/// Whether the Content-Type's media type is application/json.
bool is_json_media_type(std::string_view content_type) noexcept;

/// A client's text inside an error: quoted, escaped, and cut where it is long.
std::string shown(std::string_view text);

} // namespace mistify::jsonrpc
