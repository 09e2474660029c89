// SPDX-License-Identifier: Apache-2.0
#include "save.hpp"

#include "change.hpp"
#include "image.hpp"
#include "images.hpp"
#include "labels.hpp"
#include "names.hpp"

namespace mdocker::methods {
namespace {

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

std::string filter_path(const std::string &token) {
  std::string filters = R"({"label":[)";
  json::append_string(filters, std::string(kSaveLabel) + "=" + token);
  engine::Query query;
  query.add("filters", filters.append("]}"));
  return "/images/json" + query.text();
}

// The image that a save has made; empty where there is none.
asio::awaitable<std::string> saved_image(Environment &environment, std::string token,
                                         engine::Deadline until) {
  const engine::Answer answer = co_await environment.engine.get(filter_path(token), until);
  if (!answer.ok())
    throw engine::refusal(answer, "list");
  try {
    const json::Value list = json::parse(answer.body);
    for (const json::Value &image : json::elements(list.raw))
      co_return image_id(image.raw, "list");
  } catch (const json::ParseError &error) {
    throw bad_answer("list", error.what());
  } catch (const std::invalid_argument &error) { // no list
    throw bad_answer("list", error.what());
  }
  co_return std::string();
}

std::string image_name(const SaveRequest &request) {
  return request.repository + (request.tag.empty() ? "" : ":" + request.tag);
}

// The call that shows the image. One without a name is not shown by any.
std::string image_check(const SaveRequest &request) {
  if (request.repository.empty())
    return "the engine's images";
  return "GetImage " + image_name(request);
}

class Save final : public Change {
public:
  Save(const SaveRequest &request, const Container &container, std::string token)
      : token_(std::move(token)) {
    name = "save";
    id = request.id;
    check = image_check(request);
    slow = true;
    path = commit_path(request, container.id);
    body = commit_config(request.run, container.labels, token_);
  }

  asio::awaitable<Finding> look(Environment &environment, engine::Deadline until) const override {
    const std::string image = co_await saved_image(environment, token_, until);
    co_return Finding{!image.empty(), image.empty() ? "there is no image of it" : "it is " + image};
  }

private:
  std::string token_;
};

// The engine pauses a container while it is saved, and has been seen to leave it so.
asio::awaitable<void> unpause_if_left(Environment &environment, std::string id, Container before,
                                      engine::Deadline until) {
  if (before.state != State::running)
    co_return;
  const Container after = co_await inspect(environment, before.id, until);
  if (after.state != State::paused)
    co_return;
  environment.log.warning("save of " + id + ": the engine left it paused; unpausing it");
  std::string path = container_path(before.id, "unpause");
  const engine::Answer answer =
      co_await environment.engine.post(std::move(path), std::nullopt, until);
  require_done(answer, "unpause", id);
}

// What is left to do once the image is there.
asio::awaitable<Image> finish(Environment &environment, std::string id, Container before,
                              std::string image, engine::Deadline until) {
  try {
    co_await unpause_if_left(environment, id, before, until);
    co_return co_await inspect_image(environment, image, until);
  } catch (const Error &error) {
    throw Error(error.kind(), id + " was saved as " + image + ", but then: " + error.what())
        .with_status(error.engine_status())
        .in_phase(error.phase());
  }
}

} // namespace

std::string commit_config(std::string_view run, const Strings &labels, std::string_view token) {
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
  if (!token.empty())
    merged[std::string(kSaveLabel)] = token;
  // Present even where it is empty: engines want a configuration with at least one field.
  append_key(out, "Labels");
  append_strings(out, merged);
  out.push_back('}');
  return out;
}

asio::awaitable<std::string> save_container(Environment &environment, SaveRequest request,
                                            Deadline deadline) {
  std::optional<runtime::Turns::Turn> turn; // of the name that the image gets
  if (!request.repository.empty())
    turn.emplace(co_await take_name_turn(environment, image_name(request), deadline));
  const Container before = co_await inspect(environment, request.id, deadline);
  const std::string token = new_token();
  const Save save(request, before, token);
  const Done done = co_await carry_out(environment, save, deadline);
  require_done(done.answer, "commit", request.id);
  std::string image;
  if (done.answer)
    image = image_id(done.answer->body, "commit");
  else
    image = co_await saved_image(environment, token, done.rest);
  const Image saved = co_await finish(environment, request.id, before, image, done.rest);
  std::vector<ListedImage> images;
  images.push_back({std::move(image), saved.size});
  co_return images_response(images);
}

} // namespace mdocker::methods
