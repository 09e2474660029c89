// SPDX-License-Identifier: Apache-2.0
#include "dns_channel.hpp"

#include "../error.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <sys/time.h>
#include <utility>

namespace mdocker::runtime {

using Descriptor = asio::posix::stream_descriptor;

// A socket of c-ares's, which closes it itself.
struct DnsChannel::Watch {
  Watch(const asio::any_io_executor &executor, ares_socket_t fd) : descriptor(executor, fd) {}

  Descriptor descriptor;
  bool wants_read = false;
  bool wants_write = false;
  bool reading = false;
  bool writing = false;
  bool closed = false;
};

namespace {

bool has_one_server(ares_channel channel) noexcept {
  ares_addr_port_node *servers = nullptr;
  if (ares_get_servers_ports(channel, &servers) != ARES_SUCCESS)
    return false;
  const bool one = servers != nullptr && servers->next == nullptr;
  ares_free_data(servers);
  return one;
}

} // namespace

DnsChannel::DnsChannel(asio::any_io_executor executor, const std::string &server,
                       const DnsPatience &patience)
    : executor_(std::move(executor)), timer_(executor_) {
  set_up(server, patience, 0);
  if (!has_one_server(channel_))
    return;
  // With several servers c-ares asks the next one where one fails; what a single one says is better
  // known than hidden behind "could not contact".
  ares_destroy(std::exchange(channel_, nullptr));
  set_up(server, patience, ARES_FLAG_NOCHECKRESP);
}

void DnsChannel::set_up(const std::string &server, const DnsPatience &patience, int flags) {
  ares_options options{};
  options.flags = flags;
  options.timeout = static_cast<int>(patience.first_try.count());
  options.tries = patience.tries;
  options.sock_state_cb = &on_socket;
  options.sock_state_cb_data = this;
  int status = ares_init_options(&channel_, &options,
                                 ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
                                     ARES_OPT_SOCK_STATE_CB);
  if (status == ARES_SUCCESS && !server.empty()) {
    status = ares_set_servers_ports_csv(channel_, server.c_str());
    if (status != ARES_SUCCESS)
      ares_destroy(std::exchange(channel_, nullptr));
  }
  if (status != ARES_SUCCESS)
    throw Error(Kind::unavailable,
                std::string("cannot set up the look-up of names: ") + ares_strerror(status))
        .in_phase("resolve");
}

DnsChannel::~DnsChannel() {
  alive_.reset();
  ares_destroy(channel_); // closes its sockets, through on_socket
}

void DnsChannel::on_socket(void *self, ares_socket_t fd, int readable, int writable) noexcept {
  try {
    static_cast<DnsChannel *>(self)->watch(fd, readable != 0, writable != 0);
  } catch (const std::exception &) {
    return; // it cannot be watched: the question ends by its time
  }
}

// c-ares wants nothing more of a socket right before it closes it, and then only.
void DnsChannel::watch(ares_socket_t fd, bool readable, bool writable) {
  auto it = watches_.find(fd);
  if (!readable && !writable) {
    if (it == watches_.end())
      return;
    it->second->closed = true;
    it->second->descriptor.release();
    watches_.erase(it);
    return;
  }
  if (it == watches_.end())
    it = watches_.emplace(fd, std::make_shared<Watch>(executor_, fd)).first;
  const std::shared_ptr<Watch> watch = it->second;
  watch->wants_read = readable;
  watch->wants_write = writable;
  if (readable)
    wait(watch, false);
  if (writable)
    wait(watch, true);
}

void DnsChannel::wait(const std::shared_ptr<Watch> &watch, bool for_write) {
  bool &pending = for_write ? watch->writing : watch->reading;
  if (std::exchange(pending, true))
    return;
  watch->descriptor.async_wait(
      for_write ? Descriptor::wait_write : Descriptor::wait_read,
      [this, watch, for_write](const boost::system::error_code &failed) {
        (for_write ? watch->writing : watch->reading) = false;
        if (watch->closed || failed) // closed: the channel may be gone
          return;
        const ares_socket_t fd = watch->descriptor.native_handle();
        process(for_write ? ARES_SOCKET_BAD : fd, for_write ? fd : ARES_SOCKET_BAD);
        if (!watch->closed && (for_write ? watch->wants_write : watch->wants_read))
          wait(watch, for_write);
      });
}

void DnsChannel::process(ares_socket_t readable, ares_socket_t writable) {
  ares_process_fd(channel_, readable, writable);
  arm();
}

void DnsChannel::arm() {
  timeval left{};
  if (ares_timeout(channel_, nullptr, &left) == nullptr) {
    timer_.cancel();
    return;
  }
  timer_.expires_after(std::chrono::seconds(left.tv_sec) + std::chrono::microseconds(left.tv_usec));
  // One that has gone off may be called when we are gone: cancelling it comes too late then.
  timer_.async_wait([this, alive = std::weak_ptr(alive_)](const boost::system::error_code &failed) {
    if (!failed && !alive.expired())
      process(ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  });
}

} // namespace mdocker::runtime
