// SPDX-License-Identifier: Apache-2.0
//
// What a reconcile has found, as JSON.
#include "reconcile.hpp"

#include <algorithm>
#include <array>

namespace mdocker::methods {
namespace {

std::string_view name_of(Difference::Kind kind) noexcept {
  switch (kind) {
  case Difference::Kind::guest_without_ports:
    return "guest_without_ports";
  case Difference::Kind::ports_without_guest:
    return "ports_without_guest";
  case Difference::Kind::nics_differ:
    return "nics_differ";
  case Difference::Kind::orphan:
    return "orphan";
  case Difference::Kind::unseen:
    break;
  }
  return "unseen";
}

std::string_view name_of(Difference::Action action) noexcept {
  switch (action) {
  case Difference::Action::plug:
    return "plug";
  case Difference::Action::unplug:
    return "unplug";
  case Difference::Action::none:
    break;
  }
  return "none";
}

// RFC 3339, in UTC.
std::string time_text(std::time_t time) {
  std::array<char, 32> text{};
  std::tm parts{};
  gmtime_r(&time, &parts);
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

void append(std::string &out, const Difference &difference) {
  out.push_back('{');
  append_key(out, "kind");
  json::append_string(out, name_of(difference.kind));
  append_key(out, "guest");
  json::append_string(out, difference.guest);
  append_key(out, "ports");
  out.push_back('[');
  for (const std::string &port : difference.ports) {
    if (out.back() != '[')
      out.push_back(',');
    json::append_string(out, port);
  }
  out.push_back(']');
  append_key(out, "action");
  json::append_string(out, name_of(difference.action()));
  append_key(out, "done");
  out.append(difference.done ? "true" : "false");
  if (difference.error) {
    append_key(out, "error");
    json::append_string(out, difference.error->what());
  }
  out.push_back('}');
}

// What both have.
std::string begin(const Report &report) {
  return R"({"at":)" + json::quoted(time_text(report.at)) + R"(,"dry_run":)" +
         (report.dry_run ? "true" : "false") + R"(,"guests":)" + std::to_string(report.guests) +
         R"(,"ports":)" + std::to_string(report.ports);
}

} // namespace

Difference::Action Difference::action() const noexcept {
  switch (kind) {
  case Kind::guest_without_ports:
  case Kind::nics_differ:
    return Action::plug;
  case Kind::ports_without_guest:
    return Action::unplug;
  case Kind::orphan:
  case Kind::unseen:
    break;
  }
  return Action::none;
}

std::string Report::json() const {
  std::string out = begin(*this) + R"(,"differences":[)";
  for (const Difference &difference : differences) {
    if (out.back() != '[')
      out.push_back(',');
    append(out, difference);
  }
  return out.append("]}");
}

std::string Report::summary_json() const {
  const auto count = [this](auto predicate) {
    return std::to_string(std::count_if(differences.begin(), differences.end(), predicate));
  };
  return begin(*this) + R"(,"differences":)" + std::to_string(differences.size()) + R"(,"done":)" +
         count([](const Difference &one) { return one.done; }) + R"(,"failed":)" +
         count([](const Difference &one) { return one.error.has_value(); }) + R"(,"orphans":)" +
         count([](const Difference &one) { return one.kind == Difference::Kind::orphan; }) + "}";
}

} // namespace mdocker::methods
