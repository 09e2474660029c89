// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image_load.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace mdocker::methods {

/// The loads under way: one of each image, whoever waits for it. On the event loop only; outlives
/// the calls, each of which lasts until the load is over that it was the last to leave.
class ImageLoads {
public:
  /// So many run at the same time; the others wait for their turn.
  explicit ImageLoads(std::size_t width) : places_(width) {}

  /// See Call::Report.
  using Report = std::function<bool(std::string_view json)>;

  /// Waits for the load of the image, and begins it where there is none. Its size in bytes. Throws
  /// Error: the load's, or cancelled and timeout for this caller alone. The last to leave stops it.
  asio::awaitable<std::uint64_t> load(Environment &environment, std::string id, Deadline deadline,
                                      Report report);

private:
  struct Shared;
  class Caller;
  std::shared_ptr<Shared> join(const asio::any_io_executor &executor, Environment &environment,
                               const std::string &id);
  static asio::awaitable<void> see_to_the_end(std::shared_ptr<Shared> shared, bool at_once);

  runtime::Turns places_;
  std::map<std::string, std::shared_ptr<Shared>> running_; ///< By UUID.
};

} // namespace mdocker::methods
