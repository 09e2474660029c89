// SPDX-License-Identifier: Apache-2.0
//
// The OVSDB protocol (RFC 7047) as text: what comes from a server, cut and checked. It is trusted
// with nothing.
#pragma once

#include <json.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace mdocker::network::ovsdb {

namespace json = mistify::json;

/// The server sent what the protocol has not: one line says what.
class ProtocolError : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// Cuts a stream into its JSON objects, which nothing separates.
class Framer {
public:
  static constexpr std::size_t kLargest = std::size_t{64} << 20U; ///< Bytes of one object.

  void add(std::string_view bytes) { buffer_.append(bytes); }
  /// The next whole object; nothing where more has to come. Throws ProtocolError.
  std::optional<std::string> next();

private:
  std::string buffer_;
  std::size_t at_ = 0; ///< Looked at so far.
  unsigned depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
};

/// One message. The views are into its text.
struct Message {
  enum class Kind { reply, echo, update, other };
  Kind kind = Kind::other;
  std::uint64_t id = 0;    ///< Of a reply: that of our request.
  std::string_view raw_id; ///< Of an echo: to be sent back.
  json::Value result;      ///< Of a reply; an echo's and an update's params.
  std::string refusal;     ///< Of a reply: the error in the server's words; empty where it is none.

  /// Throws ProtocolError.
  static Message parse(std::string_view text);
};

/// What one operation of a transaction came to.
struct Result {
  std::optional<std::int64_t> count; ///< Of rows that it changed.
  std::vector<json::Value> rows;     ///< That it selected.
  std::string error;                 ///< "constraint violation"; empty where it succeeded.
  std::string details;
};

/// The answer to a transaction.
struct Results {
  std::string text; ///< What the rows are views into.
  std::vector<Result> operations;

  /// Reads a transaction's result. Throws ProtocolError.
  static std::vector<Result> parse(const json::Value &result);
};

/// Values of columns. Each throws ProtocolError where the value has another form.
std::string uuid(const json::Value &value);
std::vector<std::string> uuids(const json::Value &value);
std::string string(const json::Value &value);
/// A set of at most one; nothing where it is empty.
std::optional<std::string> optional_string(const json::Value &value);
std::vector<std::int64_t> integers(const json::Value &value);
std::optional<std::int64_t> optional_integer(const json::Value &value);
std::map<std::string, std::string> strings(const json::Value &value);

/// The members of an object, the elements of an array; throw ProtocolError where it is none.
json::Members object(const json::Value &value, std::string_view what);
std::vector<json::Value> array(const json::Value &value, std::string_view what);
/// A member that has to be there.
const json::Value &member(const json::Members &members, std::string_view key);

} // namespace mdocker::network::ovsdb
