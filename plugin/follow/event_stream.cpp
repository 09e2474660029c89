// SPDX-License-Identifier: Apache-2.0
#include "event_stream.hpp"

#include "../engine/client.hpp"
#include "../methods/labels.hpp"
#include "../methods/names.hpp"

#include <json.hpp>

namespace mdocker::follow {
namespace {

namespace json = mistify::json;

constexpr std::size_t kLargestEvent = std::size_t{1} << 20U; // it carries all of the labels

json::Members object_in(const json::Members &members, std::string_view key) {
  const json::Value *value = json::find(members, key);
  return value != nullptr && value->kind == json::Kind::object ? json::members(value->raw)
                                                               : json::Members();
}

// "HTTP/1.1 200 OK"
bool is_accepted(std::string_view status_line) {
  const std::size_t space = status_line.find(' ');
  return space != std::string_view::npos && status_line.substr(space + 1, 3) == "200";
}

} // namespace

EventStream::EventStream(Told told, std::function<void()> opened)
    : told_(std::move(told)), opened_(std::move(opened)),
      objects_(kLargestEvent, [this](std::string_view event) { take_event(event); }) {}

void EventStream::head_line(std::string_view line) {
  if (line.starts_with("HTTP/"))
    accepted_ = is_accepted(line);
  else if (accepted_ && (line == "\r\n" || line == "\n"))
    opened_();
}

bool EventStream::take(std::string_view bytes) {
  if (!accepted_)
    return true; // its status says what is wrong
  try {
    objects_.take(bytes);
  } catch (const std::exception &error) {
    throw Error(Kind::engine, std::string("the engine's events cannot be read: ") + error.what())
        .in_phase("events");
  }
  return true;
}

void EventStream::take_event(std::string_view event) {
  const json::Members members = json::members(event);
  const json::Members attributes = object_in(object_in(members, "Actor"), "Attributes");
  const json::Value *label = json::find(attributes, methods::kGuestLabel);
  if (label == nullptr || label->kind != json::Kind::string)
    return;
  const std::string guest = json::text(*label);
  if (methods::is_container_id(guest)) // as every guest's that we make
    told_(guest);
}

std::string events_path() {
  engine::Query query;
  query.add("filters", R"({"type":["container"],"event":["start","die","destroy"],"label":[)" +
                           json::quoted(methods::kGuestLabel) + "]}");
  return "/events" + query.text();
}

} // namespace mdocker::follow
