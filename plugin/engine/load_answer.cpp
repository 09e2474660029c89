// SPDX-License-Identifier: Apache-2.0
#include "load_answer.hpp"

#include "client.hpp"

#include <json.hpp>

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

// The engine's words as a part of one line.
std::string one_line(std::string text) {
  if (text.size() > kLongestWord) {
    text.resize(kLongestWord);
    text += "...";
  }
  for (char &c : text)
    if (static_cast<unsigned char>(c) < 0x20)
      c = ' ';
  while (!text.empty() && text.back() == ' ')
    text.pop_back();
  return text;
}

bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

} // namespace

void LoadAnswer::take(std::string_view bytes) {
  for (const char c : bytes) {
    if (unreadable_)
      return;
    if (depth_ == 0 && c != '{') {
      if (!is_blank(c))
        cannot_be_read("expected JSON objects, got " + json::quoted(one_line(std::string(bytes))));
      continue;
    }
    object_ += c;
    if (object_.size() > kLargestObject)
      return cannot_be_read("an object of more than " + std::to_string(kLargestObject) + " bytes");
    if (in_string_) {
      in_string_ = escaped_ || c != '"';
      escaped_ = !escaped_ && c == '\\';
    } else if (c == '"') {
      in_string_ = true;
    } else if (c == '{') {
      ++depth_;
    } else if (c == '}' && --depth_ == 0) {
      take_object();
      object_.clear();
    }
  }
}

void LoadAnswer::take_object() {
  json::Members members;
  try {
    members = json::members(json::parse(object_).raw);
  } catch (const std::exception &error) {
    return cannot_be_read(error.what());
  }
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
    failure_ =
        Error(Kind::engine, "cannot load the image: the engine refuses it: " + one_line(failure))
            .in_phase("load");
  if (!said.empty())
    last_word_ = one_line(std::move(said));
}

void LoadAnswer::cannot_be_read(const std::string &why) {
  unreadable_ = true;
  object_.clear();
  depth_ = 0;
  if (!failure_)
    failure_ = bad(why);
}

void LoadAnswer::finish() const {
  if (failure_)
    throw *failure_; // NOLINT(cert-err09-cpp,cert-err61-cpp): another copy for each caller
  if (depth_ != 0)
    throw bad("it is cut short");
}

} // namespace mdocker::engine
