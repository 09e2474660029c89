// SPDX-License-Identifier: Apache-2.0
#include "rpc.hpp"

#include "openrpc.hpp"

#include <vector>

namespace mistify::mock_host {
namespace {

constexpr const char *kSubject = "/_mistify_RPC_"; // of what names no method

HttpReply http_reply(jsonrpc::Reply reply) {
  HttpReply out;
  out.status = reply.status;
  out.content_type = std::move(reply.content_type);
  out.allow = std::move(reply.allow);
  out.body = std::move(reply.body);
  if (out.status >= 400)
    out.error = out.body;
  return out;
}

/// One HTTP request and its calls. On the server's thread, where the answers are brought to.
class RpcRequest : public PendingRequest, public std::enable_shared_from_this<RpcRequest> {
public:
  RpcRequest(Host &host, jsonrpc::Exchange exchange, Respond respond)
      : host_(host), exchange_(std::move(exchange)), respond_(std::move(respond)) {}

  /// The inbox outlives the calls.
  void dispatch(std::string_view trace_id, Inbox &inbox) {
    const std::span<const jsonrpc::Call> calls = exchange_.calls();
    if (calls.empty())
      return finish();
    subject_ = calls.front().method;
    if (calls.size() > 1)
      subject_ += " and " + std::to_string(calls.size() - 1) + " more";
    ids_.reserve(calls.size());
    for (std::size_t i = 0; i < calls.size(); ++i) {
      if (calls[i].method == kDiscover) {
        inbox.post([self = shared_from_this(), i] {
          self->take(i, {openrpc_document(self->host_.methods()), {}});
        });
        continue;
      }
      const CallRequest request{
          .method = calls[i].method, .params_json = calls[i].params_json, .trace_id = trace_id};
      ids_.push_back(host_.dispatch(request, [self = shared_from_this(), i, &inbox](Answer answer) {
        inbox.post(
            [self, i, answer = std::move(answer)]() mutable { self->take(i, std::move(answer)); });
      }));
    }
  }

  void cancel() override {
    for (const CallId id : ids_)
      host_.cancel(id);
  }

private:
  void take(std::size_t index, Answer answer) {
    if (answer.error && error_.empty())
      error_ = answer.error->message;
    if (exchange_.answer(index, std::move(answer)))
      finish();
  }

  void finish() {
    HttpReply out = http_reply(std::move(exchange_).reply());
    out.subject = subject_.empty() ? kSubject : std::move(subject_);
    if (!error_.empty())
      out.error = std::move(error_);
    respond_(std::move(out));
  }

  Host &host_;
  jsonrpc::Exchange exchange_;
  Respond respond_;
  std::vector<CallId> ids_;
  std::string subject_;
  std::string error_;
};

} // namespace

RpcService::RpcService(Host &host, const jsonrpc::Limits &limits, Inbox &inbox)
    : host_(host), limits_(limits), inbox_(inbox), has_method_([&host](std::string_view method) {
        return method == kDiscover || host.has_method(method);
      }) {}

std::optional<HttpReply> RpcService::refusal(const HttpRequest &head) const {
  std::optional<jsonrpc::Reply> refused =
      jsonrpc::refuse_head({.http_method = head.method, .content_type = head.content_type});
  if (!refused)
    return std::nullopt;
  HttpReply reply = http_reply(std::move(*refused));
  reply.subject = kSubject;
  return reply;
}

std::shared_ptr<PendingRequest> RpcService::begin(HttpRequest request, Respond respond) {
  const auto pending = std::make_shared<RpcRequest>(
      host_,
      jsonrpc::Exchange({.http_method = request.method, .content_type = request.content_type},
                        std::move(request.body), limits_, has_method_),
      std::move(respond));
  pending->dispatch(request.trace_id, inbox_);
  return pending;
}

} // namespace mistify::mock_host
