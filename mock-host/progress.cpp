// SPDX-License-Identifier: Apache-2.0
#include "progress.hpp"

#include "json.hpp"
#include "log.hpp"

#include <iostream>

#include <unistd.h>

namespace mistify::mock_host {

std::string progress_text(std::string_view json) {
  const json::Members members = json::members(json);
  const json::Value *message = json::find(members, "message");
  const json::Value *done = json::find(members, "done");
  const json::Value *total = json::find(members, "total");
  const auto is_number = [](const json::Value *value) {
    return value != nullptr && value->kind == json::Kind::number;
  };
  std::string text = message != nullptr && message->kind == json::Kind::string
                         ? json::text(*message)
                         : std::string();
  if (is_number(done)) {
    text += text.empty() ? "" : " ";
    text += "(" + std::string(done->raw);
    if (is_number(total))
      text += " of " + std::string(total->raw);
    text += ")";
  }
  return escaped(text.empty() ? json : text);
}

ProgressLine::ProgressLine() : terminal_(isatty(STDERR_FILENO) == 1) {}

void ProgressLine::show(std::string_view json) {
  std::string text;
  try {
    text = progress_text(json);
  } catch (const std::exception &) { // no JSON object: shown as it came
    text = escaped(json);
  }
  if (text == last_)
    return;
  last_ = text;
  if (terminal_)
    std::cerr << "\r\033[K" << text << std::flush;
  else
    std::cerr << text << '\n';
}

void ProgressLine::end() {
  if (terminal_ && !last_.empty())
    std::cerr << "\r\033[K" << std::flush;
  last_.clear();
}

} // namespace mistify::mock_host
