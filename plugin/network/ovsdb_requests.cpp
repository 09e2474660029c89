// SPDX-License-Identifier: Apache-2.0
#include "ovsdb_requests.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace mdocker::network::ovsdb {

class Requests::Registered {
public:
  Registered(std::map<std::uint64_t, Pending *> &all, std::uint64_t id, Pending &pending)
      : all_(all), id_(id) {
    all_.emplace(id, &pending);
  }
  ~Registered() { all_.erase(id_); }
  Registered(const Registered &) = delete;
  Registered &operator=(const Registered &) = delete;

private:
  std::map<std::uint64_t, Pending *> &all_;
  std::uint64_t id_;
};

asio::awaitable<std::optional<std::string>> Requests::reply(std::uint64_t id, Deadline until) {
  Pending pending{asio::steady_timer(executor_, until)};
  const Registered registered(pending_, id, pending);
  co_await pending.timer.async_wait(asio::as_tuple(asio::use_awaitable));
  if (pending.failure)
    throw Error(*pending.failure);
  if (!pending.text && is_cancelled(co_await asio::this_coro::cancellation_state))
    throw cancelled();
  co_return std::move(pending.text);
}

void Requests::take(const Message &reply, std::string text) {
  const auto found = pending_.find(reply.id);
  if (found == pending_.end()) {
    if (reply.id == 0 || reply.id > last_id_)
      throw ProtocolError("a reply to a request that was never sent: " + std::to_string(reply.id));
    return; // of one that nobody waits for any more
  }
  Pending &pending = *found->second;
  if (reply.refusal.empty())
    pending.text = std::move(text);
  else
    pending.failure = Error(Kind::network, "the Open vSwitch database refused: " + reply.refusal)
                          .in_phase("network");
  pending.timer.cancel();
}

void Requests::fail_all(const Error &failure) {
  for (const auto &[id, pending] : pending_) {
    pending->failure = failure;
    pending->timer.cancel();
  }
}

Error cancelled() {
  return Error(Kind::cancelled, "cancelled").in_phase("network");
}

bool is_cancelled(const asio::cancellation_state &state) noexcept {
  return state.cancelled() != asio::cancellation_type::none;
}

std::string request_text(std::uint64_t id, std::string_view method, std::string_view params) {
  return R"({"id":)" + std::to_string(id) + R"(,"method":")" + std::string(method) +
         R"(","params":)" + std::string(params) + "}";
}

} // namespace mdocker::network::ovsdb
