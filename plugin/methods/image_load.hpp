// SPDX-License-Identifier: Apache-2.0
//
// One load of one image: what comes from the image service goes through a worker into the engine.
//
//     Download --> Inflow --> Worker --> Outflow --> ImageUpload
//     (the loop)              (a thread)             (the loop)
//
// The worker lets the archive's end marker out when all was found good. Until the engine has that,
// it names nothing, whatever ends the load.
#pragma once

#include "image.hpp"

#include "../image/rewrite.hpp"

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace mdocker::methods {

/// How far a load is.
struct LoadProgress {
  std::string_view phase = "wait"; ///< Then "download", "load", "verify".
  std::uint64_t done = 0;          ///< Bytes of that phase.
  std::optional<std::uint64_t> total;

  [[nodiscard]] std::string json() const;
};

/// On the event loop only.
class ImageLoad : public std::enable_shared_from_this<ImageLoad> {
public:
  /// given: the UUID as the caller writes it. places: those of loads that run at the same time.
  /// moved is called whenever progress() may say something else, until the end of run().
  ImageLoad(asio::any_io_executor executor, Environment &environment, runtime::Turns &places,
            std::string given, std::function<void()> moved);
  ImageLoad(const ImageLoad &) = delete;
  ImageLoad &operator=(const ImageLoad &) = delete;
  ~ImageLoad();

  /// Does it, once; the image's size in bytes. Ended before that by stop() only, and never before
  /// all that it has begun has ended. Throws Error.
  asio::awaitable<std::uint64_t> run();
  /// For who spawns run().
  [[nodiscard]] asio::cancellation_slot slot() noexcept { return cancel_.slot(); }

  /// Nobody waits for it any more. What is under way is broken off; where the engine has all of the
  /// archive already, the name that it gives is taken back. at_once: not even that is done.
  void stop(bool at_once);

  [[nodiscard]] LoadProgress progress() const;

private:
  struct Pipeline;
  enum class Stage { waiting, transferring, verifying };

  asio::awaitable<std::optional<Image>> look();
  asio::awaitable<void> transfer();
  void begin_download();
  void begin_worker();
  void begin_upload();
  asio::awaitable<void> upload();
  void on_downloaded(const std::exception_ptr &thrown);
  void on_rewritten(const std::exception_ptr &thrown, const image::Result &result);
  void on_uploaded(const std::exception_ptr &thrown);
  void on_outflow();
  void fail(const std::exception_ptr &why);
  void notify();
  asio::awaitable<std::uint64_t> verify();
  asio::awaitable<void> take_back();
  [[nodiscard]] bool given_whole() const;
  [[nodiscard]] Error explained(const Error &error) const;
  [[nodiscard]] Error stopped_error() const;

  asio::any_io_executor executor_;
  Environment &environment_;
  runtime::Turns &places_;
  std::string given_;
  std::string name_; ///< UUID:latest
  std::function<void()> moved_;
  Stage stage_ = Stage::waiting;
  bool stopped_ = false;
  bool at_once_ = false;
  asio::cancellation_signal cancel_;
  asio::steady_timer changed_;
  bool news_ = false;
  std::unique_ptr<Pipeline> pipeline_;
  std::exception_ptr failure_;
  image::Result result_;
  std::string last_word_; ///< The engine's.
};

} // namespace mdocker::methods
