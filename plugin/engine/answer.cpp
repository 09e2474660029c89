// SPDX-License-Identifier: Apache-2.0
#include "client.hpp"

#include <json.hpp>

#include <algorithm>

namespace mdocker::engine {
namespace {

constexpr std::size_t kLongestMessage = 2'000;

// The engine's words become part of one line, of bounded length.
std::string one_line(std::string text) {
  if (text.size() > kLongestMessage) {
    text.resize(kLongestMessage);
    text += "...";
  }
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  while (!text.empty() && text.back() == ' ')
    text.pop_back();
  return text;
}

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
      return one_line(json::text(*message));
  } catch (const std::exception &) { // no JSON: its text is all there is
    return one_line(body);
  }
  return one_line(body);
}

Error refusal(const Answer &answer, std::string_view phase) {
  return Error(kind_of(answer.status),
               "API error (" + std::to_string(answer.status) + "): " + answer.message())
      .with_status(answer.status)
      .in_phase(std::string(phase));
}

} // namespace mdocker::engine
