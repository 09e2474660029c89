// SPDX-License-Identifier: Apache-2.0
//
// One load of one image: what comes from the image service goes through a worker into the engine.
//
//     Download --> Inflow --> Worker --> Outflow --> ImageUpload
//     (the loop)              (a thread)             (the loop)
//
// The worker closes the outer pipe when all was found good, and only then the archive's end marker
// leaves it. Before that a load may be broken off at any time, and the engine names nothing. From
// then on it goes on to its end, and what the engine makes of it counts, as with any change.
#pragma once

#include "image.hpp"
#include "image_settle.hpp"

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
  /// moved is called whenever progress() may say something else, until the end of run(). wanted
  /// says whether anybody still waits for it.
  ImageLoad(asio::any_io_executor executor, Environment &environment, runtime::Turns &places,
            std::string given, std::function<void()> moved, std::function<bool()> wanted);
  ImageLoad(const ImageLoad &) = delete;
  ImageLoad &operator=(const ImageLoad &) = delete;
  ~ImageLoad();

  /// Does it, once; the image's size in bytes. Ended before that by stop() only, and never before
  /// all that it has begun has ended. Throws Error; after stop() it is cancelled where the engine
  /// has nothing of it, else unknown_outcome.
  asio::awaitable<std::uint64_t> run();
  /// For who spawns run().
  [[nodiscard]] asio::cancellation_slot slot() noexcept { return cancel_.slot(); }

  /// Nobody waits for it any more. What is under way is broken off; where the engine was given all
  /// of the archive already, the name that it gives is taken back. at_once: not even that is done.
  void stop(bool at_once);

  /// Whether the engine was given all of the archive, or is about to be.
  [[nodiscard]] bool given_whole() const;
  [[nodiscard]] LoadProgress progress() const;

private:
  struct Pipeline;
  enum class Stage { waiting, transferring, verifying };

  asio::awaitable<std::optional<Image>> look();
  asio::awaitable<GivenArchive> transfer();
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
  asio::awaitable<std::uint64_t> verify(GivenArchive archive);
  void on_silence();
  [[nodiscard]] Error stopped_error() const;

  asio::any_io_executor executor_;
  Environment &environment_;
  runtime::Turns &places_;
  std::string given_;
  std::string name_; ///< UUID:latest
  std::function<void()> moved_;
  std::function<bool()> wanted_;
  Stage stage_ = Stage::waiting;
  bool stopped_ = false;
  bool at_once_ = false;
  asio::cancellation_signal cancel_;
  asio::steady_timer changed_;
  bool news_ = false;
  std::unique_ptr<Pipeline> pipeline_;
  std::exception_ptr failure_;
  image::Result result_;
};

} // namespace mdocker::methods
