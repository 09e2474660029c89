// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http_types.hpp"
#include "mistify/host.hpp"
#include "mistify/jsonrpc.hpp"

#include <inbox.hpp>

namespace mistify::mock_host {

/// JSON-RPC: a request becomes calls of the host, their answers become the reply.
class RpcService : public Service {
public:
  RpcService(Host &host, const jsonrpc::Limits &limits, Inbox &inbox);
  [[nodiscard]] std::optional<HttpReply> refusal(const HttpRequest &head) const override;
  std::shared_ptr<PendingRequest> begin(HttpRequest request, Respond respond) override;

private:
  Host &host_;
  jsonrpc::Limits limits_;
  Inbox &inbox_;
  std::function<bool(std::string_view)> has_method_;
};

} // namespace mistify::mock_host
