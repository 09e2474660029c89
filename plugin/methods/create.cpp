// SPDX-License-Identifier: Apache-2.0
#include "create.hpp"

#include "change.hpp"
#include "guests.hpp"
#include "labels.hpp"
#include "names.hpp"

#include <filesystem>

namespace mdocker::methods {
namespace {

constexpr std::uint64_t kNanoPerCpu = 1'000'000'000;
constexpr unsigned kMiBShift = 20;

void append_device(std::string &out, std::string_view file) {
  out.append(out.back() == '[' ? "{" : ",{");
  append_key(out, "PathOnHost");
  json::append_string(out, file);
  append_key(out, "PathInContainer");
  json::append_string(out, file);
  out.append(R"(,"CgroupPermissions":"rwm"})");
}

// How many CPUs the engine has.
asio::awaitable<std::uint64_t> engine_cpus(Environment &environment, Deadline deadline) {
  const engine::Answer answer = co_await environment.engine.get("/info", deadline);
  if (!answer.ok())
    throw engine::refusal(answer, "info");
  const json::Members members = answer_members(answer.body, "info");
  const json::Value *cpus = json::find(members, "NCPU");
  const std::optional<std::uint64_t> count =
      cpus == nullptr ? std::nullopt : json::to_uint64(*cpus);
  if (!count || *count == 0)
    throw bad_answer("info", "expected the number of CPUs in NCPU, which limits guest.cpu");
  co_return *count;
}

std::string joined(const std::vector<std::string> &lines) {
  std::string out;
  for (const std::string &line : lines)
    out.append(out.empty() ? "" : "; ").append(line);
  return out;
}

void require_created(const engine::Answer &answer) {
  constexpr unsigned kNotFound = 404;
  constexpr unsigned kConflict = 409;
  if (answer.status == kNotFound)
    throw Error(Kind::not_found, "no such image").with_status(answer.status).in_phase("create");
  if (answer.status == kConflict)
    throw Error(Kind::conflict, "container already exists")
        .with_status(answer.status)
        .in_phase("create");
  if (!answer.ok())
    throw engine::refusal(answer, "create");
}

} // namespace

std::uint64_t nano_cpus(std::uint64_t wanted, std::uint64_t cpus) noexcept {
  return wanted < cpus ? wanted * kNanoPerCpu : 0;
}

std::vector<std::string> present(const std::vector<std::string> &files) {
  std::vector<std::string> found;
  for (const std::string &file : files) {
    std::error_code unreadable; // is not there, as far as we are concerned
    if (std::filesystem::exists(file, unreadable))
      found.push_back(file);
  }
  return found;
}

// No MAC: engines refuse it or drop it without a network of theirs. It goes on the interface.
std::string create_body(const Guest &guest, std::uint64_t nano_cpus,
                        const std::vector<std::string> &devices) {
  std::string out = "{";
  append_key(out, "Image");
  json::append_string(out, guest.image);
  append_key(out, "Hostname");
  json::append_string(out, guest.id);
  append_key(out, "OpenStdin");
  out.append("true");
  append_key(out, "Labels");
  append_strings(out, labels_of(guest));
  append_key(out, "HostConfig");
  out.append(R"({"NetworkMode":"none")");
  if (guest.memory > 0) {
    append_key(out, "Memory");
    out.append(std::to_string(guest.memory << kMiBShift));
  }
  if (nano_cpus > 0) {
    append_key(out, "NanoCpus");
    out.append(std::to_string(nano_cpus));
  }
  if (!devices.empty()) {
    append_key(out, "Devices");
    out.push_back('[');
    for (const std::string &device : devices)
      append_device(out, device);
    out.push_back(']');
  }
  return out.append("}}");
}

Created Created::parse(std::string_view body) {
  const json::Members members = answer_members(body, "create");
  Created created;
  const json::Value *id = json::find(members, "Id");
  if (id != nullptr && id->kind == json::Kind::string)
    created.id = json::text(*id);
  if (!is_container_id(created.id))
    throw bad_answer("create", "expected a container's id in Id, got " + shown(created.id));
  const json::Value *warnings = json::find(members, "Warnings");
  if (warnings == nullptr || warnings->kind != json::Kind::array)
    return created;
  for (const json::Value &warning : json::elements(warnings->raw))
    if (warning.kind == json::Kind::string)
      created.warnings.push_back(json::text(warning));
  return created;
}

Result create_container(Environment &environment, CreateRequest request, Deadline deadline) {
  const Guest &guest = request.guest;
  std::uint64_t limit = 0;
  if (guest.cpu > 0) {
    const std::uint64_t cpus = co_await engine_cpus(environment, deadline);
    limit = nano_cpus(guest.cpu, cpus);
  }

  engine::Query query;
  query.add("name", guest.id);
  std::string path = "/containers/create" + query.text();
  std::optional<std::string> body =
      create_body(guest, limit, present(environment.settings.devices));
  const engine::Answer answer =
      co_await change(environment, "create", guest.id, std::move(path), std::move(body), deadline);
  require_created(answer);
  const Created created = Created::parse(answer.body);
  for (const std::string &warning : created.warnings)
    environment.log.warning("create of " + guest.id + ": " + warning);

  std::string done = guest.id + " was created";
  const Container container =
      co_await inspect_after(environment, std::move(done), created.id, deadline);
  co_return guest_response(std::move(request.guest), state_name(container.state),
                           joined(created.warnings));
}

} // namespace mdocker::methods
