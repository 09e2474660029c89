// SPDX-License-Identifier: Apache-2.0
//
// Whether a JSON value is what a JSON Schema says. It knows of JSON Schema what draft 4 has, which
// is what our schemas are made of, and passes over the rest.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace mdocker::test {

class JsonSchema {
public:
  /// Throws std::invalid_argument where the text is no JSON.
  explicit JsonSchema(std::string_view schema);
  ~JsonSchema();
  JsonSchema(JsonSchema &&) noexcept;
  JsonSchema &operator=(JsonSchema &&) noexcept;

  /// What of the value is not as it should be (where, and against which keyword), or nothing. From
  /// any thread.
  [[nodiscard]] std::string violation(std::string_view value) const;

private:
  struct State;
  std::unique_ptr<State> state_;
};

} // namespace mdocker::test
