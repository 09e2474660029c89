// SPDX-License-Identifier: Apache-2.0
#include "client.hpp"

#include <json.hpp>
#include <utf8.hpp>

namespace mdocker::engine {
namespace {

constexpr std::size_t kLongestMessage = 2'000; // of the engine's own words

Kind kind_of(unsigned status) noexcept {
  switch (status) {
  case 400:
    return Kind::invalid;
  case 404:
    return Kind::not_found;
  case 409:
    return Kind::conflict;
  case 503:
    return Kind::unavailable;
  default:
    return Kind::engine;
  }
}

} // namespace

std::string Answer::message() const {
  namespace json = mistify::json;
  try {
    const json::Members members = json::members(body);
    const json::Value *message = json::find(members, "message");
    if (message != nullptr && message->kind == json::Kind::string)
      return json::one_line(json::text(*message), kLongestMessage);
  } catch (const std::exception &) { // no JSON: its text is all there is
    return json::one_line(body, kLongestMessage);
  }
  return json::one_line(body, kLongestMessage);
}

Error refusal(const Answer &answer, std::string_view phase) {
  const std::string said = answer.message();
  return Error(kind_of(answer.status), "API error (" + std::to_string(answer.status) + "): " +
                                           (said.empty() ? "the engine does not say why" : said))
      .with_status(answer.status)
      .in_phase(std::string(phase));
}

} // namespace mdocker::engine
