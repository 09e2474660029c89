// SPDX-License-Identifier: Apache-2.0
#include "transfers.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <strings.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace mdocker::engine {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// A socket of libcurl's. It stays registered with the event loop as long as it is open, so that a
// kept connection costs no system call to watch again.
struct Transfers::Watch {
  Watch(const asio::any_io_executor &executor, curl_socket_t fd) : descriptor(executor, fd) {}

  asio::posix::stream_descriptor descriptor;
  int wanted = 0; // CURL_POLL_IN, CURL_POLL_OUT
  bool reading = false;
  bool writing = false;
  bool closed = false;
};

// One request in flight. Lives in the coroutine that waits for it.
struct Transfers::Transfer : Active {
  Transfer(Transfers &owner, const Request &request)
      : transfers(owner), easy(nullptr, &curl_easy_cleanup),
        resolved(nullptr, &curl_slist_free_all), timer(owner.executor_, request.deadline) {}
  ~Transfer() {
    if (added) {
      curl_multi_remove_handle(transfers.multi_.get(), easy.get());
      if (std::exchange(transfers.kick_, false))
        transfers.arm(milliseconds(0));
    }
    // libcurl would keep the number of a connect's error in it.
    if (easy && plain && code != CURLE_COULDNT_CONNECT) {
      if (resolved)
        curl_easy_setopt(easy.get(), CURLOPT_RESOLVE, nullptr);
      transfers.idle_.push_back(std::move(easy));
    }
  }
  Transfer(const Transfer &) = delete;
  Transfer &operator=(const Transfer &) = delete;

  Transfers &transfers;
  Easy easy;
  List resolved;
  asio::steady_timer timer; // the deadline; cancelled when the transfer is done
  bool read = false;
  bool begun = false; // the answer has
  bool plain = false; // a GET on any connection: what was set up for it fits the next one
  bool added = false;
  bool done = false;
  bool overflow = false;
  bool went_out = false;      // the request has, or is about to
  bool head_complete = false; // libcurl takes a head that is cut short for a response
  CURLcode code = CURLE_OK;
  char problem[CURL_ERROR_SIZE] = {};
  Response response;
};

namespace {

template <class Value> void set(CURL *easy, CURLoption option, Value value) {
  const CURLcode code = curl_easy_setopt(easy, option, value);
  if (code != CURLE_OK)
    throw std::runtime_error("libcurl refuses option " + std::to_string(option) + ": " +
                             curl_easy_strerror(code));
}

Response::End end_of(CURLcode code, bool sent, bool head_complete) noexcept {
  if (code == CURLE_OK)
    return head_complete ? Response::End::complete : Response::End::broken;
  if (code == CURLE_OPERATION_TIMEDOUT)
    return Response::End::timed_out;
  if (code == CURLE_ABORTED_BY_CALLBACK) // by on_request
    return Response::End::broken;
  return sent ? Response::End::broken : Response::End::not_connected;
}

// A kept connection that has something to read while nothing was asked: its end, or an answer to no
// request, which libcurl would take for the next one's. Shut down, it is not used again. What woke
// us may be news of what was read already.
bool give_up_if_readable(int fd) noexcept {
  char byte = 0;
  if (::recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0)
    return false;
  ::shutdown(fd, SHUT_RDWR);
  return true;
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
  if (curl_multi_add_handle(multi_.get(), transfer.easy.get()) != CURLM_OK)
    throw std::runtime_error("libcurl cannot begin a request: out of memory");
  transfer.added = true;
  active_.push_back(transfer);
  act(CURL_SOCKET_TIMEOUT, 0);
  if (!transfer.done)
    co_await transfer.timer.async_wait(asio::as_tuple(asio::use_awaitable));

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
  if (response.end != Response::End::complete) {
    curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &number);
    response.problem =
        transfer.problem[0] != '\0' ? transfer.problem : curl_easy_strerror(transfer.code);
    if (transfer.code == CURLE_COULDNT_CONNECT)
      response.problem = number != 0 ? std::system_category().message(static_cast<int>(number))
                                     : "the connection is not taken";
    if (endpoint_.transport == Endpoint::Transport::tls && may_be_refusal(transfer.code))
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
}

// What only this request wants; its handle is not used again.
void Transfers::set_up_special(CURL *easy, const Request &request) const {
  set(easy, CURLOPT_FRESH_CONNECT, request.fresh ? 1L : 0L);
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
    set(easy, CURLOPT_CAINFO, endpoint_.ca.c_str());
    set(easy, CURLOPT_CAPATH, nullptr); // that CA and no other
    set(easy, CURLOPT_SSLCERT, endpoint_.cert.c_str());
    set(easy, CURLOPT_SSLKEY, endpoint_.key.c_str());
    break;
  }
  return made;
}

void Transfers::act(curl_socket_t fd, int what) {
  int running = 0;
  curl_multi_socket_action(multi_.get(), fd, what, &running);
  while (std::exchange(kick_, false))
    curl_multi_socket_action(multi_.get(), CURL_SOCKET_TIMEOUT, 0, &running);
  collect();
}

void Transfers::collect() {
  int left = 0;
  while (const CURLMsg *message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE)
      continue;
    Transfer *transfer = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
    transfer->code = message->data.result;
    transfer->done = true;
    transfer->timer.cancel();
  }
}

void Transfers::wait(const std::shared_ptr<Watch> &watch, bool for_write) {
  bool &pending = for_write ? watch->writing : watch->reading;
  if (pending)
    return;
  pending = true;
  watch->descriptor.async_wait(for_write ? asio::posix::stream_descriptor::wait_write
                                         : asio::posix::stream_descriptor::wait_read,
                               [this, watch, for_write](const boost::system::error_code &error) {
                                 (for_write ? watch->writing : watch->reading) = false;
                                 if (!watch->closed && !error) // closed: the Transfers may be gone
                                   on_ready(watch, for_write);
                               });
}

void Transfers::on_ready(const std::shared_ptr<Watch> &watch, bool for_write) {
  const int fd = watch->descriptor.native_handle();
  const int what = for_write ? CURL_POLL_OUT : CURL_POLL_IN;
  // Between two answers a plain connection is watched as well. With TLS there may be records to
  // read then that are no end and no answer.
  const bool watch_idle = !for_write && endpoint_.transport != Endpoint::Transport::tls;
  if ((watch->wanted & what) != 0)
    act(fd, for_write ? CURL_CSELECT_OUT : CURL_CSELECT_IN);
  else if (watch_idle && watch->wanted == 0 && give_up_if_readable(fd))
    return;
  if (!watch->closed && ((watch->wanted & what) != 0 || (watch_idle && watch->wanted == 0)))
    wait(watch, for_write);
}

int Transfers::on_socket(CURL *, curl_socket_t fd, int what, void *self, void *) {
  auto &transfers = *static_cast<Transfers *>(self);
  auto it = transfers.watches_.find(fd);
  if (what == CURL_POLL_REMOVE) {
    if (it != transfers.watches_.end())
      it->second->wanted = 0;
    return 0;
  }
  try {
    if (it == transfers.watches_.end())
      it = transfers.watches_.emplace(fd, std::make_shared<Watch>(transfers.executor_, fd)).first;
    it->second->wanted = what;
    const std::shared_ptr<Watch> watch = it->second;
    if ((what & CURL_POLL_IN) != 0)
      transfers.wait(watch, false);
    if ((what & CURL_POLL_OUT) != 0)
      transfers.wait(watch, true);
  } catch (const std::exception &) {
    return -1;
  }
  return 0;
}

int Transfers::on_timer(CURLM *, long timeout_ms, void *self) {
  auto &transfers = *static_cast<Transfers *>(self);
  try {
    if (timeout_ms == 0)
      transfers.kick_ = true; // whoever called libcurl now does it
    else if (timeout_ms > 0)
      transfers.arm(milliseconds(timeout_ms));
  } catch (const std::exception &) {
    return -1;
  }
  return 0;
}

// A timer that goes off too early does no harm: libcurl sees that nothing is due, and says when it
// wants to be called again. So one that is armed for earlier stays as it is, which spares a system
// call for each request.
void Transfers::arm(milliseconds delay) {
  const auto due = steady_clock::now() + delay;
  if (armed_ <= due)
    return;
  armed_ = due;
  timer_.expires_at(due);
  // One that has gone off may be called when we are gone: cancelling it comes too late then.
  timer_.async_wait([this, alive = std::weak_ptr(alive_)](const boost::system::error_code &error) {
    if (error || alive.expired())
      return;
    armed_ = steady_clock::time_point::max();
    act(CURL_SOCKET_TIMEOUT, 0);
  });
}

curl_socket_t Transfers::on_open(void *, curlsocktype, curl_sockaddr *address) {
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                  address->protocol);
}

int Transfers::on_close(void *self, curl_socket_t fd) {
  auto &watches = static_cast<Transfers *>(self)->watches_;
  const auto it = watches.find(fd);
  if (it != watches.end()) {
    it->second->closed = true;
    it->second->descriptor.release();
    watches.erase(it);
  }
  return ::close(fd);
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
  // libcurl would keep the connection whose end it takes for the end of the head.
  curl_easy_setopt(static_cast<Transfer *>(transfer)->easy.get(), CURLOPT_FORBID_REUSE,
                   complete ? 0L : 1L);
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
