// SPDX-License-Identifier: Apache-2.0
//
// JSON-RPC over HTTP, without HTTP: bytes in, calls out, answers in, bytes out. Fit for any server.
//
//   mistify::jsonrpc::Exchange exchange(head, std::move(body), limits, has_method);
//   for (const Call &call : exchange.calls())
//     ... // make it, and give what it came to to exchange.answer(index, answer)
//   // when the last answer is in, or at once where there are no calls:
//   Reply reply = std::move(exchange).reply();
//
// A request without "jsonrpc": "2.0" is JSON-RPC 1.0 as the original agent speaks it: its clients
// take an HTTP status from 400 up for an error whose text is the body. With it, the answer is
// JSON-RPC 2.0 as the specification says, with HTTP 200, or 204 where nothing is to be said. An
// array is a batch of 2.0 requests. What cannot be read at all is HTTP 400, 405, 413 or 415 with a
// line of plain text.
//
// Keys are matched without regard to ASCII case; of several the last one wins. Ids are echoed byte
// for byte, numbers beyond a double's range too. Half of a surrogate pair ("\udc00" alone) is
// refused.
#pragma once

#include "mistify/host.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mistify::jsonrpc {

struct Limits {
  std::size_t body = 1U << 20U; ///< Bytes; a longer one is 413.
  unsigned depth = 64;          ///< Nested arrays and objects of the whole body; deeper is 400.
  std::size_t batch = 256;      ///< Elements of a batch; more is 413.
};

/// What the framing looks at of a request's head.
struct RequestHead {
  std::string_view http_method;  ///< GET and POST are served.
  std::string_view content_type; ///< The header's value; empty where it is missing.
};

/// What goes back. Content-Length is the body's size.
struct Reply {
  unsigned status = 200;
  std::string content_type = {}; ///< Empty: no such header.
  std::string allow = {};        ///< The Allow header's value (with 405), else empty.
  std::string body = {};
};

/// The reply to a request whose head already tells that it is not served (405, 415), so that its
/// body need not be read; nothing where it is. An Exchange looks at the head too.
[[nodiscard]] std::optional<Reply> refuse_head(const RequestHead &head);

/// A call to be made. The views live as long as the Exchange.
struct Call {
  std::string_view method;
  std::string_view params_json; ///< One JSON object.
};

/// One HTTP request on its way to its reply. Not synchronised: answers of a batch that come from
/// several threads are brought to one first.
class Exchange {
public:
  /// Reads the request. has_method says whether a method is known; it is called from here only.
  Exchange(const RequestHead &head, std::string body, const Limits &limits,
           const std::function<bool(std::string_view method)> &has_method);
  ~Exchange();
  Exchange(Exchange &&) noexcept;
  Exchange &operator=(Exchange &&) noexcept;

  /// The calls to be made, in order. Empty: reply() is ready as it is.
  [[nodiscard]] std::span<const Call> calls() const noexcept;

  /// The answer to calls()[index]; a second one to the same call is dropped. True when it was the
  /// last one missing. Throws std::out_of_range for an index that no call has.
  bool answer(std::size_t index, Answer answer);

  /// The reply; to be called once, when all answers are in.
  [[nodiscard]] Reply reply() &&;

private:
  struct State;
  std::unique_ptr<State> state_;
};

} // namespace mistify::jsonrpc
