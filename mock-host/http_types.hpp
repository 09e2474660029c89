// SPDX-License-Identifier: Apache-2.0
//
// What the HTTP transport and the services behind it hand each other.
#pragma once

#include "open_file.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace mistify::mock_host {

struct HttpRequest {
  std::string method;
  std::string path; ///< Without the query.
  std::string content_type;
  std::string host;   ///< What the client calls this server: NAME or NAME:PORT; may be empty.
  std::string origin; ///< Of the page that has a browser ask; empty: no browser says so.
  std::string authorization; ///< As it was sent.
  std::string trace_id;
  std::string body;
  bool authorised = false; ///< Whether it may be told what only some may know.
};

struct HttpReply {
  unsigned status = 200;
  std::string content_type;
  std::string allow;     ///< With 405.
  std::string challenge; ///< With 401: what WWW-Authenticate says.
  std::string body;
  std::optional<OpenFile> file; ///< Instead of a body.
  std::string subject;          ///< For the log: what was asked for.
  std::string error;            ///< For the log: why it failed, or empty.

  [[nodiscard]] std::uint64_t length() const noexcept { return file ? file->size : body.size(); }
};

/// A request that is being served.
class PendingRequest {
public:
  PendingRequest() = default;
  virtual ~PendingRequest() = default;
  PendingRequest(const PendingRequest &) = delete;
  PendingRequest &operator=(const PendingRequest &) = delete;
  /// The client is gone. The reply still comes.
  virtual void cancel() = 0;
};

/// Takes the reply; called exactly once, on the server's thread, maybe before begin() returns.
using Respond = std::function<void(HttpReply reply)>;

/// Serves requests. On the server's thread only.
class Service {
public:
  Service() = default;
  virtual ~Service() = default;
  Service(const Service &) = delete;
  Service &operator=(const Service &) = delete;
  /// The reply to a request that is not served, as far as its head tells: the body has not been
  /// read. Nothing where it is served, and goes to begin() when the body is there.
  [[nodiscard]] virtual std::optional<HttpReply> refusal(const HttpRequest &head) const = 0;
  virtual std::shared_ptr<PendingRequest> begin(HttpRequest request, Respond respond) = 0;
};

/// A plain text reply, as HTTP errors are.
inline HttpReply text_reply(unsigned status, std::string text) {
  HttpReply reply;
  reply.status = status;
  reply.content_type = "text/plain; charset=utf-8";
  reply.error = text;
  reply.body = std::move(text) + "\n";
  return reply;
}

/// The reply where a path does not know the method of a request.
inline HttpReply method_not_allowed(const HttpRequest &head, const std::string &allowed) {
  HttpReply reply =
      text_reply(405, "method " + head.method + " is not allowed here, expected " + allowed);
  reply.allow = allowed;
  reply.subject = head.path;
  return reply;
}

} // namespace mistify::mock_host
