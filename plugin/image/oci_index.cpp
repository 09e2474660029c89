// SPDX-License-Identifier: Apache-2.0
#include "oci_index.hpp"

#include "digest.hpp"

#include <algorithm>
#include <set>

namespace mdocker::image {
namespace {

constexpr std::size_t kLargestMade = std::size_t{4} << 20U; // as engines have it
constexpr std::string_view kIndexType = "application/vnd.oci.image.index.v1+json";

struct Item {
  json::Value value;
  Descriptor descriptor;
};

bool is_name(std::string_view key) noexcept {
  return key == kImageName || key == kRefName;
}

std::string names(const std::string &id) {
  return json::quoted(kImageName) + ":" + json::quoted("docker.io/library/" + id + ":latest") +
         "," + json::quoted(kRefName) + ":\"latest\"";
}

// The descriptor with those names among its annotations, and no others; none where they are empty.
Text renamed(JsonReader &reader, const Item &item, const std::string &names) {
  const json::Members members = reader.members(item.value, "a descriptor");
  const json::Value *old = reader.field(members, "annotations");
  Text annotations;
  annotations.add("{" + names);
  bool first = names.empty();
  if (old != nullptr && old->kind != json::Kind::null)
    for (const json::Member &member : reader.members(*old, "annotations"))
      if (!is_name(member.key)) {
        annotations.add((std::exchange(first, false) ? "" : ",") + json::quoted(member.key) + ":");
        annotations.keep(member.value.raw);
      }
  annotations.add("}");
  return object_with_field(members, "annotations", std::move(annotations));
}

// The index of an image of several platforms, out of their descriptors as they were written.
std::string index_of(const std::vector<Item> &items) {
  std::string text =
      "{\"schemaVersion\":2,\"mediaType\":" + json::quoted(kIndexType) + ",\"manifests\":[";
  for (const Item &item : items)
    text.append(&item == items.data() ? "" : ",").append(item.value.raw);
  return text + "]}";
}

// Whether the items are one image for several platforms: each says another one, and they have no
// two names.
bool are_platforms_of_one(const std::vector<Item> &items) {
  std::set<std::string_view> platforms;
  std::set<std::string_view> names;
  for (const Item &item : items) {
    if (item.descriptor.companion)
      continue;
    if (item.descriptor.platform.empty() || !platforms.insert(item.descriptor.platform).second)
      return false;
    if (!item.descriptor.name.empty())
      names.insert(item.descriptor.name);
  }
  return names.size() <= 1;
}

std::vector<Item> items_of(JsonReader &reader, const json::Value &manifests) {
  std::vector<Item> items;
  std::set<std::string> digests;
  for (const json::Value &value : reader.elements(manifests, "manifests")) {
    Item item{value, read_descriptor(reader, reader.members(value, "a descriptor"))};
    // One image may stand there once for each of its tags.
    if (digests.insert(item.descriptor.digest).second)
      items.push_back(std::move(item));
  }
  return items;
}

} // namespace

OciIndex rename_index(std::string_view text, const std::string &id, std::size_t most) {
  JsonReader reader("index.json", most);
  const json::Members root = reader.members(reader.parse(text), "it");
  const json::Value *manifests = reader.field(root, "manifests");
  const std::vector<Item> items = manifests == nullptr || manifests->kind == json::Kind::null
                                      ? std::vector<Item>()
                                      : items_of(reader, *manifests);
  const auto images = std::count_if(items.begin(), items.end(),
                                    [](const Item &item) { return !item.descriptor.companion; });
  if (images == 0)
    reader.refuse("names no image");
  OciIndex result;
  Text list;
  if (images == 1) {
    list.add("[");
    for (const Item &item : items) {
      list.add(&item == items.data() ? "" : ",");
      list.add(renamed(reader, item, item.descriptor.companion ? "" : names(id)));
      if (!item.descriptor.companion)
        result.target = item.descriptor.digest;
    }
    list.add("]");
  } else {
    if (!are_platforms_of_one(items))
      reader.refuse("names more than one image");
    result.made = index_of(items);
    if (result.made->size() > kLargestMade)
      reader.refuse("has more than " + std::to_string(kLargestMade) + " bytes of platforms");
    result.target = sha256_of(*result.made);
    for (const Item &item : items)
      result.children.push_back(item.descriptor);
    list.add("[{\"mediaType\":" + json::quoted(kIndexType) + ",\"digest\":" +
             json::quoted(result.target) + ",\"size\":" + std::to_string(result.made->size()) +
             ",\"annotations\":{" + names(id) + "}}]");
  }
  result.text = object_with_field(root, "manifests", std::move(list));
  return result;
}

} // namespace mdocker::image
