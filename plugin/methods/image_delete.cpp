// SPDX-License-Identifier: Apache-2.0
//
// DeleteImage: takes one name from an image, and the image with it where that was its only one.
#include "images.hpp"
#include "names.hpp"

#include <algorithm>

namespace mdocker::methods {
namespace {

// What goes: one name of the image, or the image by its id.
struct Target {
  std::string name; ///< As the engine is told: with its tag, so that it is never taken for an id.
  bool is_name;     ///< And not an id.
};

Target target_of(const Image &image, const std::string &asked) {
  std::string name = canonical_name(asked);
  if (image.has_name(name))
    return {std::move(name), true};
  if (asked.find('@') != std::string::npos)
    return {asked, true};
  return {image.id, false};
}

// Some engines take all the names that an image has in one repository where they are given its id.
// So this conflict is ours, in the words and the form of the engines that have it.
void require_one_name(const Image &image) {
  if (image.names.size() <= 1)
    return;
  constexpr std::size_t kShortId = 12;
  const std::string hex = image.id.substr(image.id.find(':') + 1, kShortId);
  std::string names;
  for (const std::string &name : image.names)
    names.append(names.empty() ? "" : ", ").append(name);
  throw Error(Kind::conflict, "API error (409): conflict: unable to delete " + hex +
                                  " - image is referenced in multiple repositories: it has the "
                                  "names " +
                                  names + "; delete it by each of them")
      .with_status(engine::kConflict)
      .in_phase("delete");
}

// The container that a conflict is about: the engine says its short id. Empty where it says none.
std::string container_in(const std::string &message) {
  constexpr std::string_view kBefore = "container ";
  const auto is_hex = [](char c) { return may_be_hex_id(std::string_view(&c, 1)); };
  for (auto at = message.find(kBefore); at != std::string::npos; at = message.find(kBefore, at)) {
    at += kBefore.size();
    const auto begin = message.begin() + static_cast<std::ptrdiff_t>(at);
    const auto end = std::find_if_not(begin, message.end(), is_hex);
    constexpr std::ptrdiff_t kShortestId = 12;
    if (end - begin >= kShortestId)
      return {begin, end};
  }
  return {};
}

// The engine's refusal, with the name of the container that it is about.
asio::awaitable<Error> conflict(Environment &environment, engine::Answer answer,
                                engine::Deadline until) {
  Error refusal = engine::refusal(answer, "delete");
  std::string id = container_in(answer.message());
  if (id.empty())
    co_return refusal;
  std::optional<Container> container;
  try {
    container = co_await inspect_if_any(environment, std::move(id), until);
  } catch (const Error &) { // its id, which the engine has said, is all that there is
    co_return refusal;
  }
  if (!container || container->name.empty())
    co_return refusal;
  co_return Error(refusal.kind(),
                  std::string(refusal.what()) + "; the container's name is " + container->name)
      .with_status(refusal.engine_status())
      .in_phase(refusal.phase());
}

class ImageRemoval final : public Change {
public:
  ImageRemoval(const std::string &asked, const Image &image, Target target)
      : image_(image), target_(std::move(target)) {
    name = "delete";
    id = asked;
    check = "GetImage " + asked;
    verb = Verb::del;
    path = "/images/" + target_.name;
    slow = true; // it may wait at the engine for a load, or for another image's removal
  }

  asio::awaitable<Finding> look(Environment &environment, engine::Deadline until) const override {
    const std::optional<Image> after =
        co_await inspect_image_if_any(environment, target_.name, until);
    // The name may be another image's by now.
    if (!after || (target_.is_name && after->id != image_.id))
      co_return Finding{true, "there is no " + id + " any more"};
    co_return Finding{false, id + " is there"};
  }

private:
  const Image &image_;
  Target target_;
};

// Guests have no key with a space in it.
std::string key_of(std::string_view name) {
  return "image " + canonical_name(name);
}

} // namespace

asio::awaitable<runtime::Turns::Turn> take_name_turn(Environment &environment,
                                                     std::string_view name, Deadline deadline) {
  return environment.turns.take(key_of(name), deadline, environment.turns.arrive());
}

asio::awaitable<runtime::Turns::Turn> take_image_turn(Environment &environment, std::string id,
                                                      Deadline deadline) {
  const runtime::Turns::Arrival arrival = environment.turns.arrive();
  const std::string asked = engine_name(id);
  std::string key = key_of(asked);
  const bool may_be_id = is_image_id(asked) || asked.find('@') != std::string::npos ||
                         may_be_hex_id(asked.substr(asked.find(':') + 1));
  if (!may_be_id)
    co_return co_await environment.turns.take(std::move(key), deadline, arrival);
  // One by one for each spelling, so that they queue in the order in which they came.
  std::string spelling = "spelt " + key;
  const auto resolving = co_await environment.turns.take(std::move(spelling), deadline, arrival);
  const std::optional<Image> image = co_await inspect_image_if_any(environment, asked, deadline);
  if (image && !image->has_name(canonical_name(asked)))
    key = "image " + (image->names.size() == 1 ? image->names.front() : image->id);
  co_return co_await environment.turns.take(std::move(key), deadline, arrival);
}

asio::awaitable<Done> remove_name(Environment &environment, std::string name, Image image,
                                  Deadline deadline) {
  const ImageRemoval removal(name, image, Target{name, true});
  co_return co_await carry_out(environment, removal, deadline);
}

asio::awaitable<std::string> delete_image(Environment &environment, ImageRequest request,
                                          Deadline deadline) {
  const std::string asked = engine_name(request.id);
  const Image image = co_await inspect_image(environment, asked, deadline);
  Target target = target_of(image, asked);
  if (!image.has_name(target.name))
    require_one_name(image);

  const ImageRemoval removal(request.id, image, std::move(target));
  const Done done = co_await carry_out(environment, removal, deadline);
  if (done.answer && done.answer->status == engine::kNotFound)
    throw no_such_image().in_phase("delete");
  if (done.answer && done.answer->status == engine::kConflict) {
    const Error refusal = co_await conflict(environment, *done.answer, done.rest);
    throw refusal;
  }
  if (done.answer && !done.answer->ok())
    throw engine::refusal(*done.answer, "delete");
  std::vector<ListedImage> deleted;
  deleted.push_back({request.id, image.size});
  co_return images_response(deleted);
}

} // namespace mdocker::methods
