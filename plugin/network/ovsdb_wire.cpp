// SPDX-License-Identifier: Apache-2.0
#include "ovsdb_wire.hpp"

namespace mdocker::network::ovsdb {
namespace {

constexpr std::size_t kShown = 60;

std::string shown(std::string_view text) {
  return mistify::json::quoted(text.substr(0, kShown)) + (text.size() > kShown ? "..." : "");
}

[[noreturn]] void wrong(std::string_view expected, const json::Value &got) {
  throw ProtocolError("expected " + std::string(expected) + ", got " + shown(got.raw));
}

bool is_space(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// The elements of a set: one value stands for a set of itself.
std::vector<json::Value> set(const json::Value &value) {
  if (value.kind != json::Kind::array)
    return {value};
  std::vector<json::Value> pair = json::elements(value.raw);
  if (pair.size() == 2 && pair[0].kind == json::Kind::string && pair[0].raw == R"("set")") {
    if (pair[1].kind != json::Kind::array)
      wrong("a set's elements", pair[1]);
    return json::elements(pair[1].raw);
  }
  return {value}; // ["uuid", ...] is one value
}

std::int64_t integer(const json::Value &value) {
  const std::optional<std::int64_t> number = json::to_int64(value);
  if (!number)
    wrong("an integer", value);
  return *number;
}

std::optional<json::Value> at_most_one(const json::Value &value) {
  const std::vector<json::Value> all = set(value);
  if (all.size() > 1)
    wrong("at most one value", value);
  return all.empty() ? std::nullopt : std::optional(all.front());
}

} // namespace

std::optional<std::string> Framer::next() {
  if (depth_ == 0) {
    std::size_t begin = 0;
    while (begin < buffer_.size() && is_space(buffer_[begin]))
      ++begin;
    buffer_.erase(0, begin);
    at_ = 0;
    if (buffer_.empty())
      return std::nullopt;
    if (buffer_.front() != '{')
      throw ProtocolError("expected an object, got " + shown(buffer_));
  }
  for (; at_ < buffer_.size(); ++at_) {
    const char c = buffer_[at_];
    if (in_string_) {
      in_string_ = escaped_ || c != '"';
      escaped_ = !escaped_ && c == '\\';
    } else if (c == '"') {
      in_string_ = true;
    } else if (c == '{' || c == '[') {
      if (++depth_ > json::kMaxDepth)
        throw ProtocolError("a message is nested too deeply");
    } else if ((c == '}' || c == ']') && --depth_ == 0) {
      std::string whole = buffer_.substr(0, at_ + 1);
      buffer_.erase(0, at_ + 1);
      at_ = 0;
      return whole;
    }
  }
  if (buffer_.size() > kLargest)
    throw ProtocolError("a message is larger than " + std::to_string(kLargest) + " bytes");
  return std::nullopt;
}

Message Message::parse(std::string_view text) {
  json::Members members;
  try {
    members = json::members(text);
  } catch (const json::ParseError &error) {
    throw ProtocolError("no well-formed JSON at byte " + std::to_string(error.offset()) + ": " +
                        error.what());
  }
  Message message;
  const json::Value *id = json::find(members, "id");
  if (const json::Value *method = json::find(members, "method");
      method != nullptr && method->kind != json::Kind::null) {
    const std::string name = string(*method);
    const json::Value &params = member(members, "params");
    if (params.kind != json::Kind::array)
      wrong("an array of params", params);
    message.result = params;
    message.raw_id = id == nullptr ? "null" : id->raw;
    message.kind = name == "echo" ? Kind::echo : name == "update" ? Kind::update : Kind::other;
    return message;
  }
  if (id == nullptr)
    throw ProtocolError("a message is neither a reply nor a request: " + shown(text));
  const std::optional<std::uint64_t> number = json::to_uint64(*id);
  if (!number)
    wrong("the id of a request of ours", *id);
  message.kind = Kind::reply;
  message.id = *number;
  message.result = member(members, "result");
  if (const json::Value *error = json::find(members, "error");
      error != nullptr && error->kind != json::Kind::null)
    message.refusal =
        error->kind == json::Kind::string ? json::text(*error) : std::string(error->raw);
  return message;
}

json::Members object(const json::Value &value, std::string_view what) {
  if (value.kind != json::Kind::object)
    wrong(what, value);
  return json::members(value.raw);
}

std::vector<json::Value> array(const json::Value &value, std::string_view what) {
  if (value.kind != json::Kind::array)
    wrong(what, value);
  return json::elements(value.raw);
}

const json::Value &member(const json::Members &members, std::string_view key) {
  const json::Value *found = json::find(members, key);
  if (found == nullptr)
    throw ProtocolError("expected a member \"" + std::string(key) + "\"");
  return *found;
}

std::string string(const json::Value &value) {
  if (value.kind != json::Kind::string)
    wrong("a string", value);
  return json::text(value);
}

std::string uuid(const json::Value &value) {
  if (value.kind == json::Kind::array) {
    const std::vector<json::Value> pair = json::elements(value.raw);
    if (pair.size() == 2 && pair[0].kind == json::Kind::string && pair[0].raw == R"("uuid")")
      return string(pair[1]);
  }
  wrong("a UUID", value);
}

std::vector<std::string> uuids(const json::Value &value) {
  std::vector<std::string> all;
  for (const json::Value &one : set(value))
    all.push_back(uuid(one));
  return all;
}

std::optional<std::string> optional_string(const json::Value &value) {
  const std::optional<json::Value> one = at_most_one(value);
  return one ? std::optional(string(*one)) : std::nullopt;
}

std::vector<std::int64_t> integers(const json::Value &value) {
  std::vector<std::int64_t> all;
  for (const json::Value &one : set(value))
    all.push_back(integer(one));
  return all;
}

std::optional<std::int64_t> optional_integer(const json::Value &value) {
  const std::optional<json::Value> one = at_most_one(value);
  return one ? std::optional(integer(*one)) : std::nullopt;
}

std::map<std::string, std::string> strings(const json::Value &value) {
  const std::vector<json::Value> map = array(value, "a map");
  if (map.size() != 2 || map[0].raw != R"("map")")
    wrong("a map", value);
  std::map<std::string, std::string> out;
  for (const json::Value &entry : array(map[1], "a map's entries")) {
    const std::vector<json::Value> pair = array(entry, "a map's entry");
    if (pair.size() != 2)
      wrong("a key and a value", entry);
    out.insert_or_assign(string(pair[0]), string(pair[1]));
  }
  return out;
}

std::vector<Result> Results::parse(const json::Value &result) {
  std::vector<Result> operations;
  for (const json::Value &value : array(result, "the results of a transaction")) {
    Result &operation = operations.emplace_back();
    if (value.kind == json::Kind::null) // after one that failed
      continue;
    const json::Members members = object(value, "the result of an operation");
    if (const json::Value *error = json::find(members, "error");
        error != nullptr && error->kind != json::Kind::null) {
      operation.error = string(*error);
      const json::Value *details = json::find(members, "details");
      if (details != nullptr && details->kind == json::Kind::string)
        operation.details = json::text(*details);
    }
    if (const json::Value *count = json::find(members, "count"))
      operation.count = optional_integer(*count);
    if (const json::Value *rows = json::find(members, "rows"))
      operation.rows = array(*rows, "selected rows");
  }
  return operations;
}

} // namespace mdocker::network::ovsdb
