// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../engine/body_stream.hpp"
#include "../engine/load_answer.hpp"
#include "../image/pipe.hpp"
#include "../runtime/idle_watch.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace mdocker::methods {

/// An archive on its way into the engine, and what the engine says to it. The watch is told of each
/// sign of life of the engine's, and held while the engine waits for us.
class ImageUpload final : public engine::BodyStream {
public:
  ImageUpload(image::Outflow &from, runtime::IdleWatch &silence, std::function<void()> moved)
      : from_(from), silence_(silence), moved_(std::move(moved)) {}

  std::size_t fill(std::span<char> room) override;
  void head_line(std::string_view line) override;
  bool take(std::string_view bytes) override;

  [[nodiscard]] std::uint64_t sent() const noexcept { return sent_; }
  [[nodiscard]] const engine::LoadAnswer &answer() const noexcept { return answer_; }
  /// The body that came with another status than 200, or its begin.
  [[nodiscard]] const std::string &refusal() const noexcept { return refusal_; }

private:
  image::Outflow &from_;
  runtime::IdleWatch &silence_;
  std::function<void()> moved_;
  std::uint64_t sent_ = 0;
  bool waits_ = false; ///< For the next bytes of the archive.
  bool ok_ = false;
  engine::LoadAnswer answer_;
  std::string refusal_;
};

} // namespace mdocker::methods
