// SPDX-License-Identifier: Apache-2.0
#include "save.hpp"

#include "change.hpp"
#include "labels.hpp"
#include "names.hpp"

namespace mdocker::methods {
namespace {

constexpr unsigned kMiBShift = 20;

void add_if_any(engine::Query &query, std::string_view name, std::string_view value) {
  if (!value.empty())
    query.add(name, value);
}

std::string commit_path(const SaveRequest &request, const std::string &container) {
  engine::Query query;
  query.add("container", container);
  add_if_any(query, "repo", request.repository);
  add_if_any(query, "tag", request.tag);
  add_if_any(query, "comment", request.message);
  add_if_any(query, "author", request.author);
  return "/commit" + query.text();
}

std::string committed_id(std::string_view body) {
  const json::Members members = answer_members(body, "commit");
  const json::Value *id = json::find(members, "Id");
  std::string text;
  if (id != nullptr && id->kind == json::Kind::string)
    text = json::text(*id);
  if (!is_image_id(text))
    throw bad_answer("commit", "expected an image's id in Id, got " + shown(text));
  return text;
}

// The engine pauses a container while it is saved, and has been seen to leave it so.
asio::awaitable<void> unpause_if_left(Environment &environment, std::string id, Container before,
                                      Deadline deadline) {
  if (before.state != State::running)
    co_return;
  const Container after = co_await inspect(environment, before.id, deadline);
  if (after.state != State::paused)
    co_return;
  environment.log.warning("save of " + id + ": the engine left it paused; unpausing it");
  std::string path = container_path(before.id, "unpause");
  const engine::Answer answer =
      co_await change(environment, "unpause", id, std::move(path), std::nullopt, deadline);
  require_done(answer, "unpause", id);
}

// MiB, rounded down.
asio::awaitable<std::uint64_t> image_size(Environment &environment, std::string image,
                                          Deadline deadline) {
  std::string path = "/images/" + image + "/json";
  const engine::Answer answer = co_await environment.engine.get(std::move(path), deadline);
  if (!answer.ok())
    throw engine::refusal(answer, "inspect");
  const json::Members members = answer_members(answer.body, "inspect");
  const json::Value *size = json::find(members, "Size");
  const std::optional<std::uint64_t> bytes =
      size == nullptr ? std::nullopt : json::to_uint64(*size);
  if (!bytes)
    throw bad_answer("inspect", "expected an image's size in Size");
  co_return *bytes >> kMiBShift;
}

// What is left to do once the image is there.
asio::awaitable<std::uint64_t> finish(Environment &environment, std::string id, Container before,
                                      std::string image, Deadline deadline) {
  try {
    co_await unpause_if_left(environment, id, before, deadline);
    co_return co_await image_size(environment, image, deadline);
  } catch (const Error &error) {
    throw Error(error.kind(), id + " was saved as " + image + ", but then: " + error.what())
        .with_status(error.engine_status())
        .in_phase(error.phase());
  }
}

} // namespace

std::string commit_config(std::string_view run, const Strings &labels) {
  std::string out = "{";
  Strings merged;
  const Path run_path("opts.Run");
  const Path labels_path(run_path, "Labels");
  try {
    const Object config(run.empty() ? json::Value{} : json::parse(run), run_path);
    for (const json::Member &member : config.members()) {
      if (!json::same_key(member.key, "Labels")) {
        append_key(out, member.key);
        out.append(member.value.raw);
        continue;
      }
      const Object given(member.value, labels_path);
      for (const json::Member &label : given.members())
        merged[label.key] = decode_string(label.value, Path(labels_path, label.key));
    }
  } catch (const InvalidParams &error) {
    throw Error(Kind::invalid, error.what());
  }
  for (auto &[key, blank] : blanks_for(labels))
    merged[key] = blank;
  // Present even where it is empty: engines want a configuration with at least one field.
  append_key(out, "Labels");
  append_strings(out, merged);
  out.push_back('}');
  return out;
}

asio::awaitable<std::string> save_container(Environment &environment, SaveRequest request,
                                            Deadline deadline) {
  const Container before = co_await inspect(environment, request.id, deadline);
  std::string path = commit_path(request, before.id);
  std::optional<std::string> config = commit_config(request.run, before.labels);
  const engine::Answer answer = co_await change(environment, "save", request.id, std::move(path),
                                                std::move(config), deadline);
  require_done(answer, "commit", request.id);
  std::string image = committed_id(answer.body);
  const std::uint64_t size = co_await finish(environment, request.id, before, image, deadline);
  std::string out = R"({"images":[{"id":)";
  json::append_string(out, image);
  out.append(R"(,"type":"container","size":)").append(std::to_string(size)).append("}]}");
  co_return out;
}

} // namespace mdocker::methods
