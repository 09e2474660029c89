// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as what an engine answers; the first byte says to what. Either they are refused in one
// line, as the engine's fault, or what is made of them may be asked for, and is JSON again where it
// goes on to the caller. Streams are the same however they are cut.
#include "fuzz.hpp"

#include "engine/client.hpp"
#include "engine/load_answer.hpp"
#include "engine/version.hpp"
#include "error.hpp"
#include "follow/event_stream.hpp"
#include "image/uuid.hpp"
#include "methods/containers.hpp"
#include "methods/image.hpp"
#include "methods/labels.hpp"
#include "methods/names.hpp"
#include "methods/subjects.hpp"

#include <array>
#include <set>
#include <string>
#include <vector>

namespace {

using namespace mdocker;
using namespace mdocker::methods;
using fuzz::require;

void container(std::string_view body) {
  const Container read = parse_container(body);
  require(is_container_id(read.id), "an id that is none", read.id);
  const network::Port port = read.port();
  require(port.container == read.id &&
              (!read.ours() || port.guest == read.labels.at(std::string(kGuestLabel))),
          "the ports are somebody else's", body);
  for (const auto &[key, value] : blanks_for(read.labels))
    require(value.empty() && read.labels.contains(key), "a blank for nothing", key);
  if (read.ours())
    static_cast<void>(nics_of(read.labels)); // or it is refused
}

void list(std::string_view body) {
  for (const std::string &id : parse_list(body))
    require(is_container_id(id), "an id that is none", id);
}

void guests(std::string_view body) {
  const std::vector<ListedGuest> listed = parse_guests(body, "fuzz");
  std::size_t containers = 0;
  for (const ListedGuest &guest : listed) {
    require(is_container_id(guest.container) && !guest.guest.empty(), "a guest without a name",
            guest.guest);
    ++containers;
  }
  require(pair_up(listed, {}, "fuzz").size() <= containers, "more guests than containers");
}

void object(std::string_view body) {
  const std::string_view read = answer_object(body, "inspect");
  const std::string response = containers_response({std::string(read), "", std::string(read)});
  const json::Members members = json::members(response);
  require(members.size() == 1 && json::elements(members[0].value.raw).size() == 2,
          "an answer that falls apart", response);
}

void image(std::string_view body) {
  const Image read = parse_image(body);
  require(is_image_id(read.id), "an id that is none", read.id);
  require(image_id(body, "inspect") == read.id, "two ids", read.id);
  for (const std::string &name : read.names)
    require(canonical_name(name) == name, "a name that is another one", name);
}

void images(std::string_view body) {
  const std::vector<ListedImage> listed = parse_image_list(body);
  std::set<std::string> ids;
  for (const ListedImage &one : listed)
    require(image::parse_uuid(one.id) == one.id && ids.insert(one.id).second,
            "an image that is listed twice, or is nobody's", one.id);
  const std::string response = images_response(listed);
  const json::Members members = json::members(response);
  require(json::elements(members.at(0).value.raw).size() == listed.size(), "images are lost");
}

void refused(std::string_view body) {
  for (const unsigned status : {400U, 404U, 409U, 500U, 503U}) {
    const Error error = engine::refusal({status, std::string(body)}, "fuzz");
    fuzz::require_line(error.what());
    require(error.engine_status() == status, "another status", error.what());
  }
}

void version(std::string_view body) {
  const std::size_t space = body.find(' ');
  const std::string_view oldest =
      space == std::string_view::npos ? std::string_view() : body.substr(space + 1);
  const std::string chosen = engine::choose_version(body.substr(0, space), oldest, "fuzz");
  require(chosen.find_first_not_of("0123456789.") == std::string::npos && chosen.size() < 24,
          "a version that may not stand in a path", chosen);
}

struct Loaded {
  std::string word, failure;
  bool failed = false;
  bool operator==(const Loaded &) const = default;
};

Loaded load(std::string_view body, std::size_t block) {
  engine::LoadAnswer answer;
  fuzz::in_blocks(body, block, [&](std::string_view bytes) { answer.take(bytes); });
  Loaded loaded{answer.last_word(), {}, answer.failed()};
  try {
    answer.finish();
    require(!loaded.failed, "a failure is forgotten", loaded.word);
  } catch (const Error &error) {
    fuzz::require_line(error.what());
    require(error.kind() == Kind::engine || error.kind() == Kind::unknown_outcome,
            "another kind of failure", error.what());
    // What is no JSON is shown as much of as has come.
    loaded.failure = kind_name(error.kind());
  }
  return loaded;
}

void load(std::string_view body) {
  const Loaded whole = load(body, body.size() + 1);
  if (!whole.word.empty())
    fuzz::require_line(whole.word);
  for (const std::size_t block : {std::size_t{1}, std::size_t{7}})
    require(load(body, block) == whole, "a cut makes it another answer", whole.word);
}

struct Told {
  std::vector<std::string> guests;
  bool refused = false;
  bool operator==(const Told &) const = default;
};

Told events(std::string_view body, std::size_t block) {
  Told told;
  follow::EventStream stream(
      [&](const std::string &guest) {
        require(is_container_id(guest), "an event of nobody", guest);
        told.guests.push_back(guest);
      },
      [] {});
  stream.head_line("HTTP/1.1 200 OK\r\n");
  try {
    fuzz::in_blocks(body, block,
                    [&](std::string_view bytes) { require(stream.take(bytes), "it waits"); });
  } catch (const Error &error) {
    fuzz::require_line(error.what());
    require(error.kind() == Kind::engine, "another kind of failure", error.what());
    told.refused = true;
  }
  return told;
}

void events(std::string_view body) {
  const Told whole = events(body, body.size() + 1);
  for (const std::size_t block : {std::size_t{1}, std::size_t{7}})
    require(events(body, block) == whole, "a cut makes them other events");
}

using Check = void (*)(std::string_view body);
constexpr std::array<Check, 10> kAnswers{container, list,    guests,  object, image,
                                         images,    refused, version, load,   events};

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  const fuzz::Input input(data, size);
  try {
    kAnswers[input.choice() % kAnswers.size()](input.text());
  } catch (const Error &refusal) {
    fuzz::require_line(refusal.what());
    require(refusal.kind() == Kind::engine, "refused as another kind", refusal.what());
  }
  return 0;
}
