// SPDX-License-Identifier: Apache-2.0
#include "load_answer.hpp"

#include "client.hpp"

#include <json.hpp>
#include <utf8.hpp>

namespace mdocker::engine {
namespace {

namespace json = mistify::json;

constexpr std::size_t kLargestObject = std::size_t{256} << 10U;
constexpr std::size_t kLongestWord = 500;

Error bad(const std::string &what) {
  return Error(Kind::unknown_outcome, "the engine's answer to the image: " + what).in_phase("load");
}

std::string text_of(const json::Members &members, std::string_view key) {
  const json::Value *value = json::find(members, key);
  return value != nullptr && value->kind == json::Kind::string ? json::text(*value) : std::string();
}

} // namespace

LoadAnswer::LoadAnswer()
    : objects_(kLargestObject, [this](std::string_view object) { take_object(object); }) {}

void LoadAnswer::take(std::string_view bytes) {
  if (unreadable_)
    return;
  try {
    objects_.take(bytes);
  } catch (const std::exception &error) {
    unreadable_ = true;
    if (!failure_)
      failure_ = bad(error.what());
  }
}

void LoadAnswer::take_object(std::string_view object) {
  const json::Members members = json::members(object);
  std::string failure = text_of(members, "error");
  const json::Value *detail = json::find(members, "errorDetail");
  if (failure.empty() && detail != nullptr && detail->kind == json::Kind::object) {
    failure = text_of(json::members(detail->raw), "message");
    if (failure.empty())
      failure = "it gives no reason";
  }
  std::string said = text_of(members, "stream");
  // So says a containerd store, which names no error.
  if (failure.empty() && said.find("Error unpacking image") != std::string::npos)
    failure = said;
  if (!failure.empty() && !failure_)
    failure_ = Error(Kind::engine, "cannot load the image: the engine refuses it: " +
                                       json::one_line(failure, kLongestWord))
                   .in_phase("load");
  if (!said.empty())
    last_word_ = json::one_line(said, kLongestWord);
}

void LoadAnswer::finish() const {
  if (failure_)
    throw *failure_; // NOLINT(cert-err09-cpp,cert-err61-cpp): another copy for each caller
  if (objects_.inside())
    throw bad("it is cut short");
}

} // namespace mdocker::engine
