// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "json_objects.hpp"

#include "../error.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mdocker::engine {

/// What the engine answers to an archive: JSON objects, one after the other, of which little is
/// kept. An engine reports with status 200 that it could not load, in one of these. Where it cannot
/// be read, the rest is ignored: what the engine has made of the archive is another matter.
class LoadAnswer {
public:
  LoadAnswer();
  void take(std::string_view bytes);
  /// Whether the engine has said that it failed, or what it says cannot be read. What it does then
  /// may not be over yet.
  [[nodiscard]] bool failed() const noexcept { return failure_.has_value(); }
  /// After the last byte: throws Error (phase "load") where the engine has failed (engine), or
  /// where the stream cannot be read or is cut short (unknown_outcome).
  void finish() const;

  /// The engine's last word: "Loaded image: ...".
  [[nodiscard]] const std::string &last_word() const noexcept { return last_word_; }

private:
  void take_object(std::string_view object);

  JsonObjects objects_;
  bool unreadable_ = false;
  std::string last_word_;
  std::optional<Error> failure_; ///< The first.
};

} // namespace mdocker::engine
