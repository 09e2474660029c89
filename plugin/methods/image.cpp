// SPDX-License-Identifier: Apache-2.0
#include "image.hpp"

#include "names.hpp"

#include "../image/uuid.hpp"

#include <algorithm>
#include <set>

namespace mdocker::methods {
namespace {

constexpr std::string_view kInspect = "inspect";
constexpr std::string_view kList = "list";
constexpr std::string_view kLatest = ":latest";

std::uint64_t size_in(const json::Members &members, std::string_view phase) {
  const json::Value *size = json::find(members, "Size");
  const std::optional<std::uint64_t> bytes =
      size == nullptr ? std::nullopt : json::to_uint64(*size);
  if (!bytes)
    throw bad_answer(phase, "expected an image's size in Size");
  return *bytes;
}

std::string id_in(const json::Members &members, std::string_view phase) {
  const json::Value *id = json::find(members, "Id");
  std::string text;
  if (id != nullptr && id->kind == json::Kind::string)
    text = json::text(*id);
  if (!is_image_id(text))
    throw bad_answer(phase, "expected an image's id in Id, got " + shown(text));
  return text;
}

// Without tags it is null, empty, or one that says <none>: that depends on the engine's version.
std::vector<std::string> names_in(const json::Members &members, std::string_view phase) {
  std::vector<std::string> names;
  const json::Value *tags = json::find(members, "RepoTags");
  if (tags == nullptr || tags->kind == json::Kind::null)
    return names;
  if (tags->kind != json::Kind::array)
    throw bad_answer(phase, "RepoTags is no array");
  for (const json::Value &tag : json::elements(tags->raw)) {
    if (tag.kind != json::Kind::string)
      throw bad_answer(phase, "RepoTags has an element that is no string");
    std::string name = json::text(tag);
    if (name != "<none>:<none>")
      names.push_back(canonical_name(name));
  }
  return names;
}

// In a containerd image store a name with a digest ends with the id.
bool known_by_manifest(const json::Members &members, std::string_view id) {
  const json::Value *digests = json::find(members, "RepoDigests");
  if (digests == nullptr || digests->kind != json::Kind::array)
    return false;
  const std::string end = "@" + std::string(id);
  const std::vector<json::Value> names = json::elements(digests->raw);
  return std::any_of(names.begin(), names.end(), [&](const json::Value &name) {
    return name.kind == json::Kind::string && json::text(name).ends_with(end);
  });
}

// The UUID of a name UUID:latest; none for any other. Engines have it in lower case only.
std::optional<std::string> guest_image(std::string_view name) {
  if (!name.ends_with(kLatest))
    return std::nullopt;
  name.remove_suffix(kLatest.size());
  std::optional<std::string> uuid = image::parse_uuid(name);
  return uuid && *uuid == name ? uuid : std::nullopt;
}

} // namespace

bool Image::has_name(std::string_view name) const {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string canonical_name(std::string_view reference) {
  for (const std::string_view none : {"index.docker.io/", "docker.io/", "library/"})
    if (reference.starts_with(none))
      reference.remove_prefix(none.size());
  std::string name(reference);
  if (reference.find('@') == std::string_view::npos &&
      reference.substr(reference.rfind('/') + 1).find(':') == std::string_view::npos)
    name.append(kLatest);
  return name;
}

std::string engine_name(std::string_view id) {
  return image::parse_uuid(id).value_or(std::string(id));
}

Image parse_image(std::string_view body) {
  const json::Members members = answer_members(body, kInspect);
  const std::string id = id_in(members, kInspect);
  return {id, size_in(members, kInspect), names_in(members, kInspect),
          known_by_manifest(members, id)};
}

std::string image_id(std::string_view body, std::string_view phase) {
  return id_in(answer_members(body, phase), phase);
}

Error no_such_image() {
  return Error(Kind::not_found, "no such image").with_status(engine::kNotFound);
}

asio::awaitable<std::optional<Image>>
inspect_image_if_any(Environment &environment, std::string name, engine::Deadline deadline) {
  std::string path = "/images/" + name + "/json";
  const engine::Answer answer = co_await environment.engine.get(std::move(path), deadline);
  if (answer.status == engine::kNotFound)
    co_return std::nullopt;
  if (!answer.ok())
    throw engine::refusal(answer, kInspect);
  co_return parse_image(answer.body);
}

asio::awaitable<Image> inspect_image(Environment &environment, std::string name,
                                     engine::Deadline deadline) {
  std::optional<Image> image =
      co_await inspect_image_if_any(environment, std::move(name), deadline);
  if (!image)
    throw no_such_image().in_phase(std::string(kInspect));
  co_return std::move(*image);
}

std::string images_response(const std::vector<ListedImage> &images) {
  constexpr unsigned kMiBShift = 20;
  std::string out = R"({"images":[)";
  for (const ListedImage &image : images) {
    out.append(out.back() == '[' ? R"({"id":)" : R"(,{"id":)");
    json::append_string(out, image.id);
    out.append(R"(,"type":"container","size":)")
        .append(std::to_string(image.size >> kMiBShift))
        .push_back('}');
  }
  return out.append("]}");
}

std::vector<ListedImage> parse_image_list(std::string_view body) {
  std::vector<ListedImage> images;
  std::set<std::string> listed;
  try {
    for (const json::Value &element : json::elements(body)) {
      const json::Members members = json::members(element.raw);
      for (const std::string &name : names_in(members, kList)) {
        std::optional<std::string> uuid = guest_image(name);
        if (uuid && listed.insert(*uuid).second)
          images.push_back({std::move(*uuid), size_in(members, kList)});
      }
    }
  } catch (const json::ParseError &error) {
    throw bad_answer(kList, "no well-formed JSON at byte " + std::to_string(error.offset()) + ": " +
                                error.what());
  } catch (const std::invalid_argument &error) {
    throw bad_answer(kList, error.what());
  }
  return images;
}

} // namespace mdocker::methods
