// SPDX-License-Identifier: Apache-2.0
//
// What each request is set up with.
#include "transfer.hpp"

#include <stdexcept>

namespace mdocker::engine {
namespace {

template <class Value> void set(CURL *easy, CURLoption option, Value value) {
  const CURLcode code = curl_easy_setopt(easy, option, value);
  if (code != CURLE_OK)
    throw std::runtime_error("libcurl refuses option " + std::to_string(option) + ": " +
                             curl_easy_strerror(code));
}

} // namespace

void Transfers::set_up(Transfer &transfer, const Request &request) {
  if (idle_.empty()) {
    transfer.easy = make_easy();
  } else {
    transfer.easy = std::move(idle_.back());
    idle_.pop_back();
  }
  CURL *easy = transfer.easy.get();
  set(easy, CURLOPT_REQUEST_TARGET, request.path.c_str());
  set(easy, CURLOPT_PRIVATE, &transfer);
  set(easy, CURLOPT_ERRORBUFFER, transfer.problem);
  set(easy, CURLOPT_PREREQDATA, &transfer);
  set(easy, CURLOPT_HEADERDATA, &transfer);
  set(easy, CURLOPT_WRITEDATA, &transfer);
  if (!request.resolved.empty()) {
    transfer.resolved.reset(curl_slist_append(nullptr, request.resolved.c_str()));
    set(easy, CURLOPT_RESOLVE, transfer.resolved.get());
  }
  transfer.read = request.verb == Request::Verb::get || request.verb == Request::Verb::head;
  transfer.plain = request.verb == Request::Verb::get && !request.fresh;
  if (!transfer.plain)
    set_up_special(easy, request);
  if (request.stream != nullptr)
    set_up_stream(transfer, request);
}

// Large pieces: each costs a turn of the event loop. The length is for the stream to check: libcurl
// drops what a peer sends beyond it.
void Transfers::set_up_stream(Transfer &transfer, const Request &request) {
  constexpr long kPiece = 256L << 10U;
  CURL *easy = transfer.easy.get();
  for (const std::string &field : request.fields) {
    curl_slist *const longer = curl_slist_append(transfer.fields.get(), field.c_str());
    if (longer == nullptr)
      throw std::runtime_error("libcurl cannot begin a request: out of memory");
    static_cast<void>(transfer.fields.release());
    transfer.fields.reset(longer);
  }
  set(easy, CURLOPT_HTTPHEADER, transfer.fields.get());
  set(easy, CURLOPT_FORBID_REUSE, 1L);
  set(easy, CURLOPT_BUFFERSIZE, kPiece);
  set(easy, CURLOPT_IGNORE_CONTENT_LENGTH, request.verb == Request::Verb::get ? 1L : 0L);
  set(easy, CURLOPT_WRITEFUNCTION, &on_piece);
  if (request.verb != Request::Verb::post)
    return;
  set(easy, CURLOPT_POST, 1L);
  set(easy, CURLOPT_UPLOAD_BUFFERSIZE, kPiece);
  set(easy, CURLOPT_READFUNCTION, &on_fill);
  set(easy, CURLOPT_READDATA, &transfer);
}

// What only this request wants; its handle is not used again.
void Transfers::set_up_special(CURL *easy, const Request &request) const {
  set(easy, CURLOPT_FRESH_CONNECT, request.fresh ? 1L : 0L);
  if (request.stream != nullptr)
    return;
  switch (request.verb) {
  case Request::Verb::head:
    set(easy, CURLOPT_NOBODY, 1L);
    break;
  case Request::Verb::get:
    break;
  case Request::Verb::post:
    set(easy, CURLOPT_POST, 1L);
    set(easy, CURLOPT_POSTFIELDS, request.body ? request.body->c_str() : "");
    set(easy, CURLOPT_POSTFIELDSIZE_LARGE,
        static_cast<curl_off_t>(request.body ? request.body->size() : 0));
    set(easy, CURLOPT_HTTPHEADER, request.body ? json_headers_.get() : plain_headers_.get());
    break;
  case Request::Verb::del:
    set(easy, CURLOPT_CUSTOMREQUEST, "DELETE");
    break;
  }
}

// A handle with all that requests to this endpoint have in common: set once, not for each of them.
Transfers::Easy Transfers::make_easy() {
  Easy made(curl_easy_init(), &curl_easy_cleanup);
  if (!made)
    throw std::runtime_error("libcurl cannot begin a request: out of memory");
  CURL *easy = made.get();
  set(easy, CURLOPT_URL, base_url_.c_str());
  set(easy, CURLOPT_PREREQFUNCTION, &on_request);
  set(easy, CURLOPT_HEADERFUNCTION, &on_header);
  set(easy, CURLOPT_WRITEFUNCTION, &on_body);
  set(easy, CURLOPT_NOSIGNAL, 1L);
  set(easy, CURLOPT_PROXY, ""); // also none from the environment
  set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(easy, CURLOPT_PATH_AS_IS, 1L);
  set(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_timeout.count()));
  set(easy, CURLOPT_OPENSOCKETFUNCTION, &on_open);
  set(easy, CURLOPT_CLOSESOCKETFUNCTION, &on_close);
  set(easy, CURLOPT_CLOSESOCKETDATA, this);
  switch (endpoint_.transport) {
  case Endpoint::Transport::unix_socket:
    set(easy, CURLOPT_UNIX_SOCKET_PATH, endpoint_.path.c_str());
    break;
  case Endpoint::Transport::tcp:
    set(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    break;
  case Endpoint::Transport::tls:
    set(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    set(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    if (!endpoint_.ca.empty()) { // else those of the machine
      set(easy, CURLOPT_CAINFO, endpoint_.ca.c_str());
      set(easy, CURLOPT_CAPATH, nullptr); // that CA and no other
    }
    if (!endpoint_.cert.empty()) {
      set(easy, CURLOPT_SSLCERT, endpoint_.cert.c_str());
      set(easy, CURLOPT_SSLKEY, endpoint_.key.c_str());
    }
    break;
  }
  return made;
}

} // namespace mdocker::engine
