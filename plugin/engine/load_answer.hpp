// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mdocker::engine {

/// What the engine answers to an archive: JSON objects, one after the other, of which little is
/// kept. An engine reports with status 200 that it could not load, in one of these.
class LoadAnswer {
public:
  /// Throws Error (engine, phase "load") where the engine says that it failed, or where this is no
  /// such stream.
  void take(std::string_view bytes);
  /// After the last byte; throws the same.
  void finish() const;

  /// The engine's last word: "Loaded image: ...".
  [[nodiscard]] const std::string &last_word() const noexcept { return last_word_; }

private:
  void take_object();

  std::string object_; ///< As much of it as came.
  std::size_t depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
  std::string last_word_;
};

} // namespace mdocker::engine
