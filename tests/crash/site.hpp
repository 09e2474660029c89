// SPDX-License-Identifier: Apache-2.0
//
// An engine, a switch and an image service, between which hosts come and are killed.
#pragma once

#include "../network/vswitch.hpp"
#include "../wire/engine.hpp"
#include "../wire/host_process.hpp"
#include "../wire/image_service.hpp"

#include <memory>
#include <set>
#include <string>
#include <vector>

namespace crash {

/// What engine and bridges have, in lines. Those that begin with kHalf are of something that is
/// only half there, as a link without a port.
using Picture = std::set<std::string>;
inline constexpr char kHalf = '!';

/// The image that the service has.
inline constexpr const char *kImage = "6d6f636b-0000-4000-8000-0000000c4a54";

class Site {
public:
  /// with_switch: else the driver is "none", and there are no ports.
  Site(const wire::EngineApi &engine, bool with_switch);

  /// Removes guests, bridges and the image.
  void clear() const;
  [[nodiscard]] Picture picture() const;
  /// Waits until the picture is one of these; without any, until nothing is half there. Throws with
  /// what differs. Returns it.
  Picture await(const std::vector<Picture> &wanted) const;
  [[nodiscard]] wire::Command host(const std::filesystem::path &plugin,
                                   const std::vector<std::string> &environment = {}) const;
  [[nodiscard]] bool has_switch() const noexcept { return switch_ != nullptr; }

private:
  void add_ports(Picture &picture) const;

  const wire::EngineApi &engine_;
  std::unique_ptr<wire::PrivateSwitch> switch_;
  wire::ImageService service_;
};

} // namespace crash
