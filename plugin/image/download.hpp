// SPDX-License-Identifier: Apache-2.0
//
// An archive comes from the image service. On the event loop only.
#pragma once

#include "checksum.hpp"
#include "pipe.hpp"
#include "service.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace mdocker::image {

inline constexpr std::string_view kDownload = "download"; ///< The phase of its errors.

class Download {
public:
  struct Options {
    std::chrono::milliseconds connect; ///< A connection.
    /// Without a byte, while we take them. Looking up a server and connecting do not count.
    std::chrono::milliseconds idle;
    std::string ca; ///< A file of PEM; empty for the machine's.
  };
  /// All of these outlive it. moved is called when it has begun, and with each piece.
  Download(asio::any_io_executor executor, Service &service, Options options, Inflow &into,
           std::function<void()> moved);
  Download(const Download &) = delete;
  Download &operator=(const Download &) = delete;
  ~Download();

  /// Fetches the image, from the first of the servers that takes a connection. The pipe is closed
  /// where all of it has come. Throws Error.
  asio::awaitable<void> run(std::string id);
  /// The pipe has room again.
  void resume();

  [[nodiscard]] std::uint64_t received() const noexcept { return received_; }
  /// How much it will be, where that is known.
  [[nodiscard]] std::optional<std::uint64_t> total() const noexcept { return total_; }
  /// Whether the archive's first bytes are about to come, and what follows is known.
  [[nodiscard]] bool has_begun() const noexcept { return checksum_.has_value(); }
  /// What the service says of it, for whoever reads the bytes; once.
  [[nodiscard]] Checksum take_checksum();

private:
  class Reception;
  asio::awaitable<bool> try_target(Target target, std::string id);
  void note_unreachable(const Target &target, const std::string &why);

  asio::any_io_executor executor_;
  Service &service_;
  Options options_;
  Inflow &into_;
  std::function<void()> moved_;
  Reception *reception_ = nullptr; ///< While bytes come.
  std::uint64_t received_ = 0;
  std::optional<std::uint64_t> total_;
  std::optional<Checksum> checksum_;
  std::string unreachable_; ///< What was wrong with the first servers.
  std::size_t count_unreachable_ = 0;
};

} // namespace mdocker::image
