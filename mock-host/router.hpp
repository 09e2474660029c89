// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "health.hpp"
#include "http_types.hpp"
#include "rpc.hpp"

namespace mistify::mock_host {

/// Hands each path to its service.
class Router : public Service {
public:
  Router(RpcService &rpc, HealthService &health) : rpc_(rpc), health_(health) {}
  std::shared_ptr<PendingRequest> begin(HttpRequest request, Respond respond) override;

private:
  RpcService &rpc_;
  HealthService &health_;
};

} // namespace mistify::mock_host
