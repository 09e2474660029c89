// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "access.hpp"
#include "health.hpp"
#include "http_types.hpp"
#include "images.hpp"
#include "rpc.hpp"

namespace mistify::mock_host {

/// Hands each path to its service, where the client has access. Images and the state of the server
/// are there without a token: who asks for these, image services' clients and monitors, has none.
class Router : public Service {
public:
  /// images may be null: no images are served.
  Router(const Access &access, RpcService &rpc, HealthService &health, ImageService *images)
      : access_(access), rpc_(rpc), health_(health), images_(images) {}
  [[nodiscard]] std::optional<HttpReply> refusal(const HttpRequest &head) const override;
  std::shared_ptr<PendingRequest> begin(HttpRequest request, Respond respond) override;

private:
  /// Null where there is none.
  [[nodiscard]] Service *service_of(std::string_view path) const;

  const Access &access_;
  RpcService &rpc_;
  HealthService &health_;
  ImageService *images_;
};

} // namespace mistify::mock_host
