// SPDX-License-Identifier: Apache-2.0
#include "subjects.hpp"

#include "inspect.hpp"
#include "labels.hpp"
#include "names.hpp"

#include <map>

namespace mdocker::methods {
namespace {

constexpr std::string_view kListGuests = "list";

std::string string_of(const json::Members &members, std::string_view key) {
  const json::Value *value = json::find(members, key);
  return value != nullptr && value->kind == json::Kind::string ? json::text(*value) : std::string();
}

// The name of its own, among those that other containers have for it ("/other/alias").
std::string own_name(const json::Members &members) {
  const json::Value *names = json::find(members, "Names");
  if (names == nullptr || names->kind != json::Kind::array)
    return {};
  for (const json::Value &value : json::elements(names->raw)) {
    const std::string name = value.kind == json::Kind::string ? json::text(value) : std::string();
    if (name.rfind('/') == 0 && is_container_id(name.substr(1)))
      return name.substr(1);
  }
  return {};
}

std::optional<ListedGuest> parse_guest(const json::Value &element, std::string_view instance) {
  const json::Members members = json::members(element.raw);
  Strings labels;
  if (const json::Value *all = json::find(members, "Labels");
      all != nullptr && all->kind == json::Kind::object)
    for (const json::Member &label : json::members(all->raw))
      if (label.value.kind == json::Kind::string)
        labels[label.key] = json::text(label.value);
  ListedGuest listed;
  listed.guest = labels[std::string(kGuestLabel)];
  listed.container = string_of(members, "Id");
  listed.name = own_name(members);
  listed.ours = is_of_instance(labels, instance);
  const std::string state = string_of(members, "State");
  listed.up = state == "running" || state == "paused";
  if (!is_container_id(listed.guest) || !is_container_id(listed.container) || listed.name.empty())
    return std::nullopt;
  return listed;
}

} // namespace

std::vector<ListedGuest> parse_guests(std::string_view body, std::string_view instance) {
  std::vector<ListedGuest> guests;
  try {
    for (const json::Value &element : json::elements(body))
      if (std::optional<ListedGuest> guest = parse_guest(element, instance))
        guests.push_back(std::move(*guest));
  } catch (const json::ParseError &error) {
    throw bad_answer(kListGuests, "no well-formed JSON at byte " + std::to_string(error.offset()) +
                                      ": " + error.what());
  } catch (const std::invalid_argument &error) {
    throw bad_answer(kListGuests, error.what());
  }
  return guests;
}

asio::awaitable<std::vector<ListedGuest>>
list_guests(Environment &environment, std::optional<std::string> guest, engine::Deadline deadline) {
  std::string label(kGuestLabel);
  if (guest)
    label += "=" + *guest;
  engine::Query query;
  query.add("all", "1");
  query.add("filters", R"({"label":[)" + json::quoted(label) + "]}");
  std::string path = "/containers/json" + query.text();
  const engine::Answer answer =
      co_await environment.engine.get(std::move(path), deadline, engine::Share::bulk);
  if (!answer.ok())
    throw engine::refusal(answer, kListGuests);
  co_return parse_guests(answer.body, environment.settings.instance);
}

std::vector<Subject> pair_up(const std::vector<ListedGuest> &guests,
                             const std::vector<network::Plugged> &ports,
                             std::string_view instance) {
  std::map<std::string, Subject> subjects;
  for (const ListedGuest &listed : guests) {
    const auto [at, first] = subjects.try_emplace(listed.guest);
    Subject &subject = at->second;
    // A copy of a guest's container has its labels too: it is the one that still has the name.
    const bool incumbent = listed.name == listed.guest;
    if (!first && !incumbent) {
      subject.left_alone = subject.left_alone || subject.name != subject.guest;
      continue;
    }
    subject = {listed.guest, listed.container, listed.name, listed.up, !listed.ours, {}, false};
  }

  std::map<std::string, Subject *> owners;
  for (auto &[guest, subject] : subjects)
    for (std::string &id : network::guest_ids({guest, subject.container}))
      owners.emplace(std::move(id), &subject);
  std::map<std::string, Subject> strays;
  for (const network::Plugged &port : ports) {
    const auto owner = owners.find(port.guest);
    Subject *subject = owner == owners.end() ? nullptr : owner->second;
    if (subject == nullptr) {
      const auto [at, first] = strays.try_emplace(port.guest);
      subject = &at->second;
      subject->guest = port.guest;
      const bool theirs = !port.instance.empty() && port.instance != instance;
      subject->left_alone = theirs && (first || subject->left_alone);
    }
    subject->ports.push_back(port.name);
    subject->own_ports = subject->own_ports || port.instance == instance;
  }

  subjects.merge(strays);
  std::vector<Subject> all;
  all.reserve(subjects.size());
  for (auto &[guest, subject] : subjects)
    all.push_back(std::move(subject));
  return all;
}

} // namespace mdocker::methods
