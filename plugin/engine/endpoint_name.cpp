// SPDX-License-Identifier: Apache-2.0
#include "endpoint_name.hpp"

#include "../error.hpp"
#include "../host_name.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <vector>

namespace mdocker::engine {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kKept{30};

bool given_by_name(const Endpoint &endpoint) {
  return endpoint.transport != Endpoint::Transport::unix_socket && !is_address(endpoint.host);
}

} // namespace

EndpointName::EndpointName(const asio::any_io_executor &executor, const Endpoint &endpoint)
    : endpoint_(endpoint), resolver_(executor), named_(given_by_name(endpoint)) {}

asio::awaitable<std::string> EndpointName::resolve() {
  if (!found_.empty() && steady_clock::now() < kept_until_)
    co_return found_;
  const auto [error, found] = co_await resolver_.async_resolve(
      endpoint_.host, std::to_string(endpoint_.port), asio::as_tuple(asio::use_awaitable));
  if (error)
    throw Error(Kind::unavailable,
                "cannot reach the engine at " + endpoint_.name + ": " + error.message())
        .in_phase("resolve");
  std::vector<std::string> addresses;
  for (const auto &target : found)
    addresses.push_back(target.endpoint().address().to_string());
  found_ = resolve_entry(endpoint_.host, endpoint_.port, addresses);
  kept_until_ = steady_clock::now() + kKept;
  co_return found_;
}

} // namespace mdocker::engine
