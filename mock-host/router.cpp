// SPDX-License-Identifier: Apache-2.0
#include "router.hpp"

namespace mistify::mock_host {

std::shared_ptr<PendingRequest> Router::begin(HttpRequest request, Respond respond) {
  if (request.path == "/_mistify_RPC_")
    return rpc_.begin(std::move(request), std::move(respond));
  if (request.path == "/healthz")
    return health_.begin(std::move(request), std::move(respond));
  if (images_ != nullptr && ImageService::serves(request.path))
    return images_->begin(std::move(request), std::move(respond));
  HttpReply reply = text_reply(
      404, images_ == nullptr ? "no such path, expected /_mistify_RPC_ or /healthz"
                              : "no such path, expected /_mistify_RPC_, /healthz or /images");
  reply.subject = request.path;
  respond(std::move(reply));
  return nullptr;
}

} // namespace mistify::mock_host
