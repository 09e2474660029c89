// SPDX-License-Identifier: Apache-2.0
//
// HTTP requests to one endpoint, by libcurl's multi interface on the event loop. One request in,
// one response out; what it means is the client's business. On the event loop only.
#pragma once

#include "body_stream.hpp"
#include "endpoint.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/list.hpp>

#include <chrono>
#include <cstddef>
#include <curl/curl.h>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mdocker::engine {

namespace asio = boost::asio;

struct Request {
  enum class Verb { head, get, post, del };
  Verb verb = Verb::get;
  std::string path;                ///< With version and query.
  std::optional<std::string> body; ///< JSON.
  bool fresh = false;              ///< On a connection of its own.
  /// Where it is set, a GET's response and a POST's both bodies go through it; fresh is set too.
  BodyStream *stream = nullptr;
  std::vector<std::string> fields; ///< "Name: value", for a stream.
  std::chrono::steady_clock::time_point deadline;
  /// What the endpoint's name resolves to, as CURLOPT_RESOLVE takes it; empty for addresses and
  /// unix sockets.
  std::string resolved;
};

struct Response {
  /// How the exchange ended. status is 0 unless a response's head came.
  enum class End {
    complete,
    not_connected, ///< Nothing was sent.
    broken,        ///< The connection ended before the response did.
    too_large,
    timed_out,
    cancelled,
  };
  End end = End::complete;
  bool sent = false;   ///< At least a part of the request went out.
  bool silent = false; ///< For the client: it waited long enough to call this no answer.
  unsigned status = 0;
  std::string body;
  std::string api_version; ///< The Api-Version header.
  std::string problem;     ///< In libcurl's or the system's words, where end is not complete.
};

class Transfers {
public:
  struct Options {
    std::chrono::milliseconds connect_timeout;
    std::size_t largest_body;
    std::size_t kept_connections;
  };
  /// Throws std::runtime_error where libcurl cannot be set up.
  Transfers(asio::any_io_executor executor, const Endpoint &endpoint, const Options &options);
  ~Transfers();
  Transfers(const Transfers &) = delete;
  Transfers &operator=(const Transfers &) = delete;

  /// The request stays where it is until the response is there. Throws what its stream throws. An
  /// upload that waits for its stream ends where there is no more to come of the response.
  asio::awaitable<Response> perform(const Request &request);

  /// Ends the reads whose answer has not begun, as if their time was up.
  void give_up_silent_reads();

  /// The stream that waited, for bytes or for room, has them. Not from inside of a stream.
  void resume(const BodyStream &stream);
  /// Ends the exchange of the stream, where there is one: perform() throws that.
  void abort(const BodyStream &stream, std::exception_ptr why);

private:
  using Hook =
      boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;
  struct Active : Hook {};
  struct Transfer;
  struct Watch;
  using Watches = std::unordered_map<curl_socket_t, std::shared_ptr<Watch>>;
  using Easy = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
  using List = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

  static int on_socket(CURL *, curl_socket_t fd, int what, void *self, void *watch);
  static int on_timer(CURLM *, long timeout_ms, void *self);
  static curl_socket_t on_open(void *, curlsocktype, curl_sockaddr *address);
  static int on_close(void *self, curl_socket_t fd);
  static int on_request(void *transfer, char *, char *, int, int);
  static std::size_t on_header(char *data, std::size_t, std::size_t length, void *transfer);
  static std::size_t on_body(char *data, std::size_t, std::size_t length, void *transfer);
  static std::size_t on_fill(char *room, std::size_t, std::size_t size, void *transfer);
  static std::size_t on_piece(char *data, std::size_t, std::size_t length, void *transfer);
  static bool show_head_line(Transfer &transfer, std::string_view line);

  void set_up(Transfer &transfer, const Request &request);
  void set_up_special(CURL *easy, const Request &request) const;
  static void set_up_stream(Transfer &transfer, const Request &request);
  Transfer *find(const BodyStream &stream) noexcept;
  Easy make_easy();
  void wait(const std::shared_ptr<Watch> &watch, bool for_write);
  void act(curl_socket_t fd, int what);
  void on_ready(const std::shared_ptr<Watch> &watch, bool for_write);
  void arm(std::chrono::milliseconds delay);
  void collect();
  void end_heard_out();
  void watch_kept(CURL *easy);
  std::shared_ptr<Watch> watch_of(curl_socket_t fd);
  void forget(Watches::iterator watch);

  asio::any_io_executor executor_;
  const Endpoint &endpoint_;
  Options options_;
  std::string base_url_;
  std::unique_ptr<CURLM, decltype(&curl_multi_cleanup)> multi_;
  List json_headers_;
  List plain_headers_;
  std::vector<Easy> idle_;
  boost::intrusive::list<Active, boost::intrusive::constant_time_size<false>> active_;
  Watches watches_;
  asio::steady_timer timer_;
  std::chrono::steady_clock::time_point armed_ = std::chrono::steady_clock::time_point::max();
  bool kick_ = false;      ///< libcurl wants to be called at once.
  bool unwatched_ = false; ///< A stream's connection is since it was last looked at.
  std::shared_ptr<const void> alive_ = std::make_shared<char>();
};

} // namespace mdocker::engine
