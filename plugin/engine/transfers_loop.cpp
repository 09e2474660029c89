// SPDX-License-Identifier: Apache-2.0
//
// libcurl's sockets and timers on the event loop.
#include "transfer.hpp"

#include <boost/asio/this_coro.hpp>

#include <sys/socket.h>
#include <unistd.h>

namespace mdocker::engine {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

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

} // namespace

void Transfers::act(curl_socket_t fd, int what) {
  int running = 0;
  curl_multi_socket_action(multi_.get(), fd, what, &running);
  while (std::exchange(kick_, false))
    curl_multi_socket_action(multi_.get(), CURL_SOCKET_TIMEOUT, 0, &running);
  collect();
  if (std::exchange(unwatched_, false))
    end_heard_out();
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
    watch_kept(message->easy_handle);
  }
}

// An answer that is there already when its request goes out is read with no wait: nothing watches
// its connection then.
void Transfers::watch_kept(CURL *easy) {
  curl_socket_t fd = CURL_SOCKET_BAD;
  Transfer *transfer = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
  if (endpoint_.transport == Endpoint::Transport::tls || transfer->stream != nullptr ||
      curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &fd) != CURLE_OK || fd == CURL_SOCKET_BAD)
    return;
  try {
    wait(watch_of(fd), false);
  } catch (const std::exception &) {
    return; // out of memory: libcurl looks at it too before it takes it again
  }
}

std::shared_ptr<Transfers::Watch> Transfers::watch_of(curl_socket_t fd) {
  auto it = watches_.find(fd);
  if (it == watches_.end())
    it = watches_.emplace(fd, std::make_shared<Watch>(executor_, fd)).first;
  return it->second;
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
  const bool watch_idle =
      !for_write && endpoint_.transport != Endpoint::Transport::tls && !watch->streaming;
  // An engine that has had enough of an upload answers and closes: a stream's answer is read before
  // more is sent into a connection that takes nothing.
  const int act_on = watch->streaming ? watch->wanted : what;
  if ((watch->wanted & what) != 0)
    act(fd, ((act_on & CURL_POLL_IN) != 0 ? CURL_CSELECT_IN : 0) |
                ((act_on & CURL_POLL_OUT) != 0 ? CURL_CSELECT_OUT : 0));
  else if (watch_idle && watch->wanted == 0 && give_up_if_readable(fd))
    return;
  if (!watch->closed && ((watch->wanted & what) != 0 || (watch_idle && watch->wanted == 0)))
    wait(watch, for_write);
}

int Transfers::on_socket(CURL *easy, curl_socket_t fd, int what, void *self, void *) {
  auto &transfers = *static_cast<Transfers *>(self);
  Transfer *transfer = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
  const bool streaming = transfer != nullptr && transfer->stream != nullptr;
  if (what == CURL_POLL_REMOVE) {
    if (streaming && transfer->watched == fd) {
      transfer->watched = CURL_SOCKET_BAD;
      transfers.unwatched_ = true;
    }
    const auto it = transfers.watches_.find(fd);
    if (it == transfers.watches_.end())
      return 0;
    it->second->wanted = 0;
    curl_socket_t connected = CURL_SOCKET_BAD;
    // What never became a connection libcurl closes without a word.
    if (curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &connected) != CURLE_OK || connected != fd)
      transfers.forget(it);
    return 0;
  }
  try {
    const std::shared_ptr<Watch> watch = transfers.watch_of(fd);
    watch->wanted = what;
    watch->streaming = streaming;
    if (streaming)
      transfer->watched = fd;
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
  auto &transfers = *static_cast<Transfers *>(self);
  const auto it = transfers.watches_.find(fd);
  if (it != transfers.watches_.end())
    transfers.forget(it);
  return ::close(fd);
}

void Transfers::forget(Watches::iterator watch) {
  watch->second->closed = true;
  watch->second->descriptor.release();
  watches_.erase(watch);
}

} // namespace mdocker::engine
