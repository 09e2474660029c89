// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <utility>
#include <vector>

namespace mdocker::runtime {

/// Does all of these works at once, and ends with the last. The first failure ends the others and
/// is thrown; so does the end of the caller, by total cancellation: a work that is to notice has to
/// enable that (`reset_cancellation_state(enable_total_cancellation())`).
inline boost::asio::awaitable<void> all_at_once(std::vector<boost::asio::awaitable<void>> works) {
  namespace asio = boost::asio;
  if (works.empty())
    co_return;
  const auto executor = co_await asio::this_coro::executor;
  using Begun = decltype(asio::co_spawn(executor, std::move(works.front()), asio::deferred));
  std::vector<Begun> begun;
  begun.reserve(works.size());
  for (asio::awaitable<void> &work : works)
    begun.push_back(asio::co_spawn(executor, std::move(work), asio::deferred));
  auto group = asio::experimental::make_parallel_group(std::move(begun));
  const auto [order, failures] = co_await group.async_wait(
      asio::experimental::wait_for_one_error(asio::cancellation_type::all), asio::use_awaitable);
  for (const std::size_t first : order)
    if (failures[first])
      std::rethrow_exception(failures[first]);
}

} // namespace mdocker::runtime
