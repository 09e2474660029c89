// SPDX-License-Identifier: Apache-2.0
#include "sample.hpp"

#include <json.hpp>

#include <algorithm>
#include <limits>
#include <map>
#include <set>

namespace mistify::mock_host::validation {
namespace {

constexpr int kMaxDepth = 8;
constexpr std::int64_t kLargeNumber = 60'000;

/// What of a schema matters here, with what it refers to.
struct Form {
  std::string type;
  std::string choice; ///< Of enum or const, JSON.
  std::map<std::string, std::string_view> properties;
  std::set<std::string> required;
  std::string_view items;
  std::int64_t least_items = 0;
  std::int64_t minimum = std::numeric_limits<std::int64_t>::min();
  std::int64_t maximum = std::numeric_limits<std::int64_t>::max();
};

class Schema {
public:
  explicit Schema(std::string_view root) : root_(root) {}

  [[nodiscard]] Form form_of(std::string_view schema) const {
    Form form;
    collect(schema, form, 0);
    return form;
  }

  [[nodiscard]] std::string sample(std::string_view schema, int depth = 0) const {
    if (depth > kMaxDepth)
      return "null";
    const Form form = form_of(schema);
    if (!form.choice.empty())
      return form.choice;
    if (form.type == "string")
      return R"("sample")";
    if (form.type == "integer" || form.type == "number")
      return std::to_string(std::clamp(kLargeNumber, form.minimum, form.maximum));
    if (form.type == "boolean")
      return "true";
    if (form.type == "null")
      return "null";
    if (form.type == "array")
      return form.least_items > 0 ? "[" + sample(form.items, depth + 1) + "]" : "[]";
    std::string out;
    for (const std::string &key : form.required) {
      const auto property = form.properties.find(key);
      out += (out.empty() ? "" : ",") + json::quoted(key) + ":" +
             (property == form.properties.end() ? "{}" : sample(property->second, depth + 1));
    }
    return "{" + out + "}";
  }

private:
  void collect(std::string_view schema, Form &form, int depth) const {
    if (depth > kMaxDepth || schema.empty() || json::parse(schema).kind != json::Kind::object)
      return;
    for (const auto &[key, value] : json::members(schema))
      take(key, value, form, depth);
  }

  void take(const std::string &key, const json::Value &value, Form &form, int depth) const {
    const bool is_array = value.kind == json::Kind::array;
    if (key == "$ref" && value.kind == json::Kind::string)
      collect(target(json::text(value)), form, depth + 1);
    else if (key == "allOf" && is_array)
      for (const json::Value &part : json::elements(value.raw))
        collect(part.raw, form, depth + 1);
    else if (key == "type")
      form.type = first_type(value);
    else if (key == "const")
      form.choice = value.raw;
    else if (key == "enum" && is_array && !json::elements(value.raw).empty())
      form.choice = json::elements(value.raw).front().raw;
    else if (key == "properties" && value.kind == json::Kind::object)
      for (const auto &[name, property] : json::members(value.raw))
        form.properties.insert_or_assign(name, property.raw);
    else if (key == "required" && is_array)
      for (const json::Value &name : json::elements(value.raw))
        form.required.insert(json::text(name));
    else if (key == "items")
      form.items = value.raw;
    else if (key == "minItems")
      form.least_items = json::to_int64(value).value_or(0);
    else if (key == "minimum")
      form.minimum = json::to_int64(value).value_or(form.minimum);
    else if (key == "maximum")
      form.maximum = json::to_int64(value).value_or(form.maximum);
  }

  /// Of several types the first that is not null.
  static std::string first_type(const json::Value &value) {
    if (value.kind == json::Kind::string)
      return json::text(value);
    if (value.kind == json::Kind::array) {
      for (const json::Value &type : json::elements(value.raw)) {
        if (std::string text = json::text(type); text != "null")
          return text;
      }
    }
    return "null";
  }

  /// What "#/$defs/NAME" refers to; nothing where it is not there.
  [[nodiscard]] std::string_view target(const std::string &reference) const {
    std::string_view at = root_;
    std::string_view path = reference;
    if (!path.starts_with("#"))
      return {};
    path.remove_prefix(1);
    while (path.starts_with("/")) {
      path.remove_prefix(1);
      const std::string_view step = path.substr(0, path.find('/'));
      path.remove_prefix(step.size());
      const json::Members members = json::members(at);
      const json::Value *found = json::find(members, step);
      if (found == nullptr)
        return {};
      at = found->raw;
    }
    return at;
  }

  std::string_view root_;
};

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  out.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i)
    out += text;
  return out;
}

/// Members of different names, about a megabyte of them.
std::string many_members() {
  std::string out = "{";
  for (int i = 0; i < 50'000; ++i)
    out += (i == 0 ? "\"m" : ",\"m") + std::to_string(i) + "\":" + std::to_string(i);
  return out + "}";
}

const std::vector<std::string> &values_of_every_kind() {
  static const std::vector<std::string> kValues = {
      "null",
      "true",
      "0",
      "-1",
      "1.5",
      "18446744073709551616",
      "-9223372036854775808",
      "1e308",
      R"("")",
      R"("a\u0000b")",
      R"("../../../../etc/passwd")",
      R"("%s%n\r\n\u001b[2J")",
      R"("\ud83d\ude00\u202e")",
      "[]",
      "{}",
      "[null]",
      R"({"":""})",
      "\"" + repeated("x", 70'000) + "\"",
  };
  return kValues;
}

void add_members(const Schema &schema, std::string_view at, const std::string &before,
                 const std::string &behind, int depth, std::vector<std::string> &out) {
  const std::string close = "}" + behind;
  for (const auto &[name, property] : schema.form_of(at).properties) {
    std::string open = before;
    open.append("{").append(json::quoted(name)).append(":");
    for (const std::string &value : values_of_every_kind())
      out.emplace_back(open).append(value).append(close);
    if (depth > 0)
      add_members(schema, property, open, close, depth - 1, out);
  }
}

} // namespace

std::string sample_of(std::string_view schema) {
  return schema.empty() ? "{}" : Schema(schema).sample(schema);
}

std::vector<std::string> hostile_params(std::string_view schema) {
  std::vector<std::string> out = {"{}", "[{}]", " { } ", R"({"a":1,"a":2,"A":3})"};
  const std::vector<std::string> &values = values_of_every_kind();
  out.insert(out.end(), values.begin(), values.end());
  out.push_back(repeated("[", json::kMaxDepth) + repeated("]", json::kMaxDepth));
  out.push_back(repeated(R"({"a":)", json::kMaxDepth - 1) + "{}" +
                repeated("}", json::kMaxDepth - 1));
  out.push_back("\"" + repeated("x", 1U << 20U) + "\"");
  out.push_back("[" + repeated("0,", 500'000) + "0]");
  out.push_back(many_members());
  add_members(Schema(schema), schema, "", "", 1, out);
  return out;
}

} // namespace mistify::mock_host::validation
