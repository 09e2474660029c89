// SPDX-License-Identifier: Apache-2.0
#include "create.hpp"

#include "change.hpp"
#include "guests.hpp"
#include "labels.hpp"
#include "names.hpp"

#include <filesystem>
#include <functional>

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

Error already_exists() {
  return Error(Kind::conflict, "container already exists")
      .with_status(engine::kConflict)
      .in_phase("create");
}

bool was_made_by(const Container &container, const std::string &token) {
  const auto label = container.labels.find(std::string(kCreateLabel));
  return label != container.labels.end() && label->second == token;
}

class Create final : public Change {
public:
  Create(const Guest &guest, std::uint64_t limit, const std::vector<std::string> &devices,
         std::string_view instance, std::string token)
      : token_(std::move(token)) {
    name = "create";
    id = guest.id;
    check = "GetContainer " + id;
    engine::Query query;
    query.add("name", guest.id);
    path = "/containers/create" + query.text();
    body = create_body(guest, limit, devices, instance, token_);
    repeatable = true; // it is told from others by its token
  }

  asio::awaitable<Finding> look(Environment &environment, engine::Deadline until) const override {
    const std::optional<Container> there = co_await inspect_if_any(environment, id, until);
    if (there && !was_made_by(*there, token_))
      throw already_exists();
    co_return Finding{there.has_value(), there ? id + " is there" : "there is no " + id + " yet"};
  }

private:
  std::string token_;
};

// What the engine made, or has made at an earlier attempt whose answer never came: then its id is
// that of the guest, and there are no warnings.
asio::awaitable<Created> created(Environment &environment, std::string guest, Done done,
                                 std::optional<std::string> earlier) {
  if (done.answer && done.answer->status == engine::kConflict && earlier) {
    std::optional<Container> there = co_await inspect_if_any(environment, guest, done.rest);
    if (!there) // the name is taken before the container can be seen
      throw Error(Kind::unavailable, "create of " + guest +
                                         ": its name is taken, but there is no " +
                                         "such container yet, or no longer")
          .in_phase("create");
    environment.creates.forget(guest);
    if (!was_made_by(*there, *earlier))
      throw already_exists();
    environment.log.warning("create of " + guest +
                            ": it is there from an earlier one whose answer never came");
    co_return Created{std::move(there->id), {}};
  }
  environment.creates.forget(guest);
  if (!done.answer)
    co_return Created{std::move(guest), {}};
  if (done.answer->status == engine::kNotFound)
    throw Error(Kind::not_found, "no such image").with_status(engine::kNotFound).in_phase("create");
  if (done.answer->status == engine::kConflict)
    throw already_exists();
  if (!done.answer->ok())
    throw engine::refusal(*done.answer, "create");
  co_return Created::parse(done.answer->body);
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
                        const std::vector<std::string> &devices, std::string_view instance,
                        std::string_view token) {
  Strings labels = labels_of(guest, instance);
  if (!token.empty())
    labels.emplace(kCreateLabel, token);
  std::string out = "{";
  append_key(out, "Image");
  json::append_string(out, guest.image);
  append_key(out, "Hostname");
  json::append_string(out, guest.id);
  append_key(out, "OpenStdin");
  out.append("true");
  append_key(out, "Labels");
  append_strings(out, labels);
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

  const std::vector<std::string> devices = present(environment.settings.devices);
  // The same asked for again, and nobody knows what became of the first: it is the same create.
  const std::size_t asked = std::hash<std::string>()(create_body(guest, limit, devices));
  std::optional<std::string> earlier;
  if (const HalfAnswered::Create *before = environment.creates.find(guest.id);
      before != nullptr && before->asked_hash == asked)
    earlier = before->token;
  const std::string token = earlier ? *earlier : new_token();

  const Create create(guest, limit, devices, environment.settings.instance, token);
  Done done;
  try {
    done = co_await carry_out(environment, create, deadline);
  } catch (const Error &error) {
    if (error.has_detail("outcome")) // it was sent
      environment.creates.add(guest.id, {token, asked});
    throw;
  }
  const Created container = co_await created(environment, guest.id, done, std::move(earlier));
  for (const std::string &warning : container.warnings)
    environment.log.warning("create of " + guest.id + ": " + warning);

  std::string what = guest.id + " was created";
  const Container after =
      co_await inspect_after(environment, std::move(what), container.id, done.rest);
  co_return guest_response(std::move(request.guest), state_name(after.state),
                           joined(container.warnings));
}

} // namespace mdocker::methods
