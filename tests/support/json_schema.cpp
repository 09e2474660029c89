// SPDX-License-Identifier: Apache-2.0
#include "json_schema.hpp"

// With other options than the code under test.
#define RAPIDJSON_NAMESPACE mdocker_test_rapidjson
#define RAPIDJSON_NAMESPACE_BEGIN namespace mdocker_test_rapidjson {
#define RAPIDJSON_NAMESPACE_END }
#include <rapidjson/document.h>
#include <rapidjson/schema.h>
#include <rapidjson/stringbuffer.h>

#include <mutex>
#include <stdexcept>

namespace mdocker::test {

namespace rapidjson = mdocker_test_rapidjson;

namespace {

rapidjson::Document parsed(std::string_view text) {
  rapidjson::Document document;
  document.Parse(text.data(), text.size());
  if (document.HasParseError())
    throw std::invalid_argument("no JSON: " + std::string(text.substr(0, 300)));
  return document;
}

std::string text_of(const rapidjson::Pointer &pointer) {
  rapidjson::StringBuffer buffer;
  pointer.StringifyUriFragment(buffer);
  return buffer.GetString();
}

/// RapidJSON takes a "$" in a reference only where it is escaped.
std::string with_escaped_references(std::string text) {
  static constexpr std::string_view kReference = R"("#/$defs/)";
  for (auto at = text.find(kReference); at != std::string::npos; at = text.find(kReference, at))
    text.replace(at, kReference.size(), R"("#/%24defs/)");
  return text;
}

} // namespace

struct JsonSchema::State {
  explicit State(const rapidjson::Document &schema) : document(schema) {}

  rapidjson::SchemaDocument document;
  std::mutex one_at_a_time; ///< A document's patterns keep the state of a search in themselves.
};

JsonSchema::JsonSchema(std::string_view schema)
    : state_(std::make_unique<State>(parsed(with_escaped_references(std::string(schema))))) {}
JsonSchema::~JsonSchema() = default;
JsonSchema::JsonSchema(JsonSchema &&) noexcept = default;
JsonSchema &JsonSchema::operator=(JsonSchema &&) noexcept = default;

std::string JsonSchema::violation(std::string_view value) const {
  const rapidjson::Document document = parsed(value);
  const std::lock_guard lock(state_->one_at_a_time);
  rapidjson::SchemaValidator validator(state_->document);
  if (document.Accept(validator))
    return {};
  return text_of(validator.GetInvalidDocumentPointer()) + " is not as " +
         validator.GetInvalidSchemaKeyword() + " of " +
         text_of(validator.GetInvalidSchemaPointer()) + " says";
}

} // namespace mdocker::test
