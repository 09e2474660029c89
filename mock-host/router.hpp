// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "health.hpp"
#include "http_types.hpp"
#include "images.hpp"
#include "rpc.hpp"

namespace mistify::mock_host {

/// Hands each path to its service.
class Router : public Service {
public:
  /// images may be null: no images are served.
  Router(RpcService &rpc, HealthService &health, ImageService *images)
      : rpc_(rpc), health_(health), images_(images) {}
  std::shared_ptr<PendingRequest> begin(HttpRequest request, Respond respond) override;

private:
  RpcService &rpc_;
  HealthService &health_;
  ImageService *images_;
};

} // namespace mistify::mock_host
