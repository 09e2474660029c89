// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace mdocker::engine {

/// JSON objects, one after the other and however they are cut, as engines send what comes piece by
/// piece.
class JsonObjects {
public:
  /// Receives an object when it is complete; it may be ill-formed inside. May throw.
  using Take = std::function<void(std::string_view object)>;

  /// largest: how many bytes one may have.
  JsonObjects(std::size_t largest, Take take) : largest_(largest), take_(std::move(take)) {}

  /// Throws std::runtime_error where what comes is no object, or is too large; what follows cannot
  /// be read then.
  void take(std::string_view bytes);
  /// Whether an object has begun and has not ended.
  [[nodiscard]] bool inside() const noexcept { return depth_ != 0; }

private:
  std::size_t largest_;
  Take take_;
  std::string object_; ///< As much of it as came.
  std::size_t depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
};

} // namespace mdocker::engine
