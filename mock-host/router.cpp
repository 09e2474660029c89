// SPDX-License-Identifier: Apache-2.0
#include "router.hpp"

namespace mistify::mock_host {

Service *Router::service_of(std::string_view path) const {
  if (path == "/_mistify_RPC_")
    return &rpc_;
  if (path == "/healthz")
    return &health_;
  return images_ != nullptr && ImageService::serves(path) ? images_ : nullptr;
}

std::optional<HttpReply> Router::refusal(const HttpRequest &head) const {
  if (std::optional<HttpReply> foreign = access_.foreign(head))
    return foreign;
  const Service *service = service_of(head.path);
  if (service == nullptr || service == &rpc_)
    if (std::optional<HttpReply> unauthorised = access_.unauthorised(head))
      return unauthorised;
  if (service != nullptr)
    return service->refusal(head);
  HttpReply reply = text_reply(
      404, images_ == nullptr ? "no such path, expected /_mistify_RPC_ or /healthz"
                              : "no such path, expected /_mistify_RPC_, /healthz or /images");
  reply.subject = head.path;
  return reply;
}

std::shared_ptr<PendingRequest> Router::begin(HttpRequest request, Respond respond) {
  request.authorised = !access_.unauthorised(request);
  Service *service = service_of(request.path);
  return service->begin(std::move(request), std::move(respond)); // refusal() has let it in
}

} // namespace mistify::mock_host
