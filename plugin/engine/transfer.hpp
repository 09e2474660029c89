// SPDX-License-Identifier: Apache-2.0
//
// What Transfers keeps of a socket and of a request in flight. Internal to its files.
#pragma once

#include "transfers.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <exception>
#include <utility>

namespace mdocker::engine {

// A socket of libcurl's. It stays registered with the event loop as long as it is open, so that a
// kept connection costs no system call to watch again.
struct Transfers::Watch {
  Watch(const asio::any_io_executor &executor, curl_socket_t fd) : descriptor(executor, fd) {}

  asio::posix::stream_descriptor descriptor;
  int wanted = 0; // CURL_POLL_IN, CURL_POLL_OUT
  bool reading = false;
  bool writing = false;
  bool closed = false;
  bool streaming = false; // a stream that is held back is no idle connection
};

// One request in flight. Lives in the coroutine that waits for it.
struct Transfers::Transfer : Active {
  Transfer(Transfers &owner, const Request &request)
      : transfers(owner), easy(nullptr, &curl_easy_cleanup),
        resolved(nullptr, &curl_slist_free_all), fields(nullptr, &curl_slist_free_all),
        timer(owner.executor_, request.deadline), stream(request.stream) {}
  ~Transfer() {
    if (added) {
      curl_multi_remove_handle(transfers.multi_.get(), easy.get());
      if (std::exchange(transfers.kick_, false))
        transfers.arm(std::chrono::milliseconds(0));
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
  List fields;
  asio::steady_timer timer; // the deadline; cancelled when the transfer is done
  BodyStream *stream;
  std::exception_ptr thrown; // by the stream
  std::size_t head_size = 0;
  bool read = false;
  bool begun = false; // the answer has
  bool plain = false; // a GET on any connection: what was set up for it fits the next one
  bool added = false;
  bool done = false;
  curl_socket_t watched = CURL_SOCKET_BAD; // a stream's: what libcurl waits for
  bool upload_waits = false;               // the stream has nothing to send yet
  bool answer_waits = false;               // the stream takes nothing now
  bool heard_out = false;                  // ended by us, with all of the answer that there is
  bool overflow = false;
  bool went_out = false;      // the request has, or is about to
  bool head_complete = false; // libcurl takes a head that is cut short for a response
  CURLcode code = CURLE_OK;
  char problem[CURL_ERROR_SIZE] = {};
  Response response;
};

} // namespace mdocker::engine
