// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http_types.hpp"
#include "mistify/host.hpp"
#include "post.hpp"

namespace mistify::mock_host {

/// What a plugin's check came to.
struct Readiness {
  bool ready = false;
  std::string reason;  ///< Where it is not ready.
  std::string members; ///< What the plugin said: the inside of its JSON object.
};
Readiness read_check(const Answer &answer);

/// GET /healthz: the state of the plugins, as each of them sees it. 200 as long as they serve, also
/// where what they need is away; 503 when there is none or one is going. Who is not
/// authorised learns no more than that, and whether all is well.
class HealthService : public Service {
public:
  HealthService(Host &host, Post post) : host_(host), post_(std::move(post)) {}
  [[nodiscard]] std::optional<HttpReply> refusal(const HttpRequest &head) const override;
  std::shared_ptr<PendingRequest> begin(HttpRequest request, Respond respond) override;

private:
  Host &host_;
  Post post_;
};

} // namespace mistify::mock_host
