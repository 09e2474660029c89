// SPDX-License-Identifier: Apache-2.0
#include "transfer.hpp"

#include "../runtime/reached.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstring>
#include <stdexcept>
#include <strings.h>
#include <system_error>

namespace mdocker::engine {

namespace {

Response::End end_of(CURLcode code, bool sent, bool head_complete) noexcept {
  if (code == CURLE_OK)
    return head_complete ? Response::End::complete : Response::End::broken;
  if (code == CURLE_OPERATION_TIMEDOUT)
    return Response::End::timed_out;
  if (code == CURLE_ABORTED_BY_CALLBACK) // by on_request
    return Response::End::broken;
  return sent ? Response::End::broken : Response::End::not_connected;
}

/// What libcurl says of a certificate whose authority it did not look at (X509_V_ERR_UNSPECIFIED).
constexpr long kNotVerified = 1;

bool is_change(const Request &request) noexcept {
  return request.verb == Request::Verb::post || request.verb == Request::Verb::del;
}

// A server that refuses a client's certificate ends the connection, and libcurl knows of no reason.
bool may_be_refusal(CURLcode code) noexcept {
  return code == CURLE_SSL_CONNECT_ERROR || code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR ||
         code == CURLE_GOT_NOTHING;
}

} // namespace

Transfers::Transfers(asio::any_io_executor executor, const Endpoint &endpoint,
                     const Options &options)
    : executor_(std::move(executor)), endpoint_(endpoint), options_(options),
      base_url_(endpoint.base_url()), multi_(curl_multi_init(), &curl_multi_cleanup),
      json_headers_(nullptr, &curl_slist_free_all), plain_headers_(nullptr, &curl_slist_free_all),
      timer_(executor_) {
  json_headers_.reset(curl_slist_append(nullptr, "Content-Type: application/json"));
  plain_headers_.reset(curl_slist_append(nullptr, "Content-Type:")); // no such header
  if (!multi_ || !json_headers_ || !plain_headers_ ||
      curl_slist_append(json_headers_.get(), "Expect:") == nullptr)
    throw std::runtime_error("libcurl cannot be set up: out of memory");
  curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, &on_socket);
  curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_.get(), CURLMOPT_TIMERFUNCTION, &on_timer);
  curl_multi_setopt(multi_.get(), CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_.get(), CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
  curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS,
                    static_cast<long>(options_.kept_connections));
}

Transfers::~Transfers() {
  idle_.clear();
  multi_.reset(); // closes every connection, through on_close
  timer_.cancel();
}

asio::awaitable<Response> Transfers::perform(const Request &request) {
  Transfer transfer(*this, request);
  set_up(transfer, request);
  if (is_change(request))
    runtime::reached(runtime::Step::request_due);
  if (curl_multi_add_handle(multi_.get(), transfer.easy.get()) != CURLM_OK)
    throw std::runtime_error("libcurl cannot begin a request: out of memory");
  transfer.added = true;
  active_.push_back(transfer);
  act(CURL_SOCKET_TIMEOUT, 0);
  if (is_change(request))
    runtime::reached(runtime::Step::request_sent);
  if (!transfer.done)
    co_await transfer.timer.async_wait(asio::as_tuple(asio::use_awaitable));
  if (is_change(request))
    runtime::reached(runtime::Step::request_answered);

  if (transfer.thrown)
    std::rethrow_exception(transfer.thrown);
  Response &response = transfer.response;
  CURL *easy = transfer.easy.get();
  long number = 0;
  curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &number);
  response.sent = number > 0;
  if (curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &number) == CURLE_OK && number > 0)
    response.status = static_cast<unsigned>(number);
  if (!transfer.done) {
    const auto cancelled = (co_await asio::this_coro::cancellation_state).cancelled();
    response.end = cancelled != asio::cancellation_type::none ? Response::End::cancelled
                                                              : Response::End::timed_out;
    response.problem = "no answer in time";
    co_return std::move(response);
  }
  response.end = transfer.overflow ? Response::End::too_large
                                   : end_of(transfer.code, response.sent, transfer.head_complete);
  if (response.end != Response::End::complete && transfer.heard_out) {
    response.problem = "the connection is closed";
  } else if (response.end != Response::End::complete) {
    curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &number);
    response.problem =
        transfer.problem[0] != '\0' ? transfer.problem : curl_easy_strerror(transfer.code);
    if (transfer.code == CURLE_COULDNT_CONNECT)
      response.problem = number != 0 ? std::system_category().message(static_cast<int>(number))
                                     : "the connection is not taken";
    if (!endpoint_.ca.empty() && transfer.code == CURLE_PEER_FAILED_VERIFICATION &&
        curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &number) == CURLE_OK &&
        number > kNotVerified)
      response.problem += " (trusted is what " + endpoint_.ca + " holds)";
    if (!endpoint_.cert.empty() && may_be_refusal(transfer.code))
      response.problem += " (does the engine accept the certificate " + endpoint_.cert + "?)";
  }
  co_return std::move(response);
}

void Transfers::give_up_silent_reads() {
  for (Active &active : active_) {
    auto &transfer = static_cast<Transfer &>(active);
    if (transfer.read && !transfer.begun && !transfer.done)
      transfer.timer.cancel(); // and it is not done
  }
}

// libcurl sends a request again by itself where a kept connection ends unanswered, and may take
// another kept one for it. Whether and how it is sent again is for the caller to say.
int Transfers::on_request(void *transfer, char *, char *, int, int) {
  return std::exchange(static_cast<Transfer *>(transfer)->went_out, true) ? CURL_PREREQFUNC_ABORT
                                                                          : CURL_PREREQFUNC_OK;
}

std::size_t Transfers::on_header(char *data, std::size_t, std::size_t length, void *transfer) {
  static constexpr std::string_view kName = "api-version:";
  const std::string_view line(data, length);
  static_cast<Transfer *>(transfer)->begun = true;
  bool &complete = static_cast<Transfer *>(transfer)->head_complete;
  if (!complete || line.starts_with("HTTP/")) // what follows a head is the next one, or trailers
    complete = line == "\r\n" || line == "\n";
  if (auto &self = *static_cast<Transfer *>(transfer);
      self.stream != nullptr && !show_head_line(self, line))
    return 0;
  // libcurl would keep the connection whose end it takes for the end of the head.
  curl_easy_setopt(static_cast<Transfer *>(transfer)->easy.get(), CURLOPT_FORBID_REUSE,
                   complete && static_cast<Transfer *>(transfer)->stream == nullptr ? 0L : 1L);
  if (length > kName.size() && strncasecmp(data, kName.data(), kName.size()) == 0) {
    std::string_view value(data + kName.size(), length - kName.size());
    const auto first = value.find_first_not_of(" \t");
    const auto last = value.find_last_not_of(" \t\r\n");
    if (first != std::string_view::npos && last != std::string_view::npos)
      static_cast<Transfer *>(transfer)->response.api_version =
          value.substr(first, last - first + 1);
  }
  return length;
}

std::size_t Transfers::on_body(char *data, std::size_t, std::size_t length, void *transfer) {
  auto &self = *static_cast<Transfer *>(transfer);
  std::string &body = self.response.body;
  if (length > self.transfers.options_.largest_body - body.size()) {
    self.overflow = true;
    return CURL_WRITEFUNC_ERROR;
  }
  try {
    body.append(data, length);
  } catch (const std::bad_alloc &) {
    return CURL_WRITEFUNC_ERROR;
  }
  return length;
}

} // namespace mdocker::engine
