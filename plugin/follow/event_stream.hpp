// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../engine/body_stream.hpp"
#include "../engine/json_objects.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace mdocker::follow {

/// What an engine tells of guests' containers: the answer to GET events_path(). Whatever it says of
/// its content's type, it is JSON objects one after the other.
class EventStream final : public engine::BodyStream {
public:
  /// Receives the guest's id when its container was started, has ended or is removed.
  using Told = std::function<void(const std::string &guest)>;
  /// opened: from now on nothing is missed. Neither may call the engine.
  EventStream(Told told, std::function<void()> opened);

  void head_line(std::string_view line) override;
  /// Throws Error (engine) where what comes are no events.
  bool take(std::string_view bytes) override;

private:
  void take_event(std::string_view event);

  Told told_;
  std::function<void()> opened_;
  bool accepted_ = false; ///< The head says 200.
  engine::JsonObjects objects_;
};

/// What to ask for.
std::string events_path();

} // namespace mdocker::follow
