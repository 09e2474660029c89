// SPDX-License-Identifier: Apache-2.0
#include "image_load.hpp"

#include "image_upload.hpp"
#include "images.hpp"

#include "../image/download.hpp"
#include "../image/worker.hpp"
#include "../runtime/reached.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace mdocker::methods {
namespace {

using std::chrono::steady_clock;

constexpr std::string_view kCannot = "cannot load the image: ";

/// Of each of the two pipes: what a step may be ahead of the next.
constexpr std::size_t kPipe = std::size_t{1} << 20U;

image::Download::Options download_options(const Settings &settings) {
  return {.connect = settings.timeouts.connect,
          .idle = settings.timeouts.image_idle,
          .ca = settings.image_ca};
}

// Of a load that was broken off. That the outcome of a request is unknown holds for changes in
// general; this one comes to nothing without the archive's end.
Error broken_off(const Error &error) {
  if (error.kind() != Kind::unknown_outcome)
    return error;
  const Kind kind = error.phase() == kLoad ? Kind::engine : Kind::unavailable; // what it said
  return Error(kind, std::string(error.what()) + "; nothing was loaded")
      .in_phase(std::string(kLoad));
}

} // namespace

std::string LoadProgress::json() const {
  std::string out = R"({"phase":)" + json::quoted(phase);
  if (done != 0 || total)
    out += R"(,"done":)" + std::to_string(done);
  if (total)
    out += R"(,"total":)" + std::to_string(*total);
  if (done != 0 || total)
    out += R"(,"unit":"bytes")";
  return out + "}";
}

struct ImageLoad::Pipeline {
  // From the worker's thread to the loop; a load that has ended is not called.
  using Step = void (*)(ImageLoad &);
  static image::Pipe::Wake waker(ImageLoad &load, Step step) {
    return [executor = load.executor_, weak = load.weak_from_this(), step] {
      asio::post(executor, [weak, step] {
        if (const auto self = weak.lock(); self && self->pipeline_)
          step(*self);
      });
    };
  }

  explicit Pipeline(ImageLoad &load)
      : in(kPipe, waker(load, [](ImageLoad &self) { self.pipeline_->download.resume(); })),
        out(kPipe, waker(load, [](ImageLoad &self) { self.on_outflow(); })),
        download(load.executor_, load.environment_.service,
                 download_options(load.environment_.settings), in, [&load] {
                   if (!load.pipeline_->worker)
                     load.notify();
                   load.moved_();
                 }) {}

  /// Whether nothing of it is under way any more; what has not begun never will where it failed.
  [[nodiscard]] bool ended(bool failed) const noexcept {
    return downloaded && (!worker || rewritten) && (upload ? uploaded : failed);
  }

  image::Inflow in;
  image::Outflow out;
  image::Download download;
  asio::cancellation_signal download_cancel;
  asio::cancellation_signal upload_cancel;
  std::optional<runtime::IdleWatch> silence;
  std::optional<ImageUpload> upload;
  std::optional<image::Worker> worker; // waits for its thread, which uses the pipes
  bool downloaded = false;
  bool rewritten = false;
  bool uploaded = false;
};

ImageLoad::ImageLoad(asio::any_io_executor executor, Environment &environment,
                     runtime::Turns &places, std::string given, std::function<void()> moved,
                     std::function<bool()> wanted)
    : executor_(std::move(executor)), environment_(environment), places_(places),
      given_(std::move(given)), name_(engine_name(given_) + ":latest"), moved_(std::move(moved)),
      wanted_(std::move(wanted)), changed_(executor_, steady_clock::time_point::max()) {}

ImageLoad::~ImageLoad() = default;

asio::awaitable<std::uint64_t> ImageLoad::run() {
  const Deadline none{steady_clock::time_point::max(), steady_clock::time_point::max()};
  const auto turn = co_await take_image_turn(environment_, given_, none);
  const std::optional<Image> there = co_await look();
  if (there)
    co_return there->size;
  std::string no_key;
  const auto place = co_await places_.take(std::move(no_key));
  stage_ = Stage::transferring;
  GivenArchive archive = co_await transfer();
  stage_ = Stage::verifying;
  const std::uint64_t size = co_await verify(std::move(archive));
  runtime::reached(runtime::Step::load_settled);
  co_return size;
}

asio::awaitable<std::optional<Image>> ImageLoad::look() {
  const auto until = steady_clock::now() + environment_.settings.timeouts.read;
  co_return co_await inspect_image_if_any(environment_, name_, until);
}

void ImageLoad::stop(bool at_once) {
  stopped_ = true;
  at_once_ = at_once_ || at_once;
  switch (stage_) {
  case Stage::transferring:
    if (const auto why = std::make_exception_ptr(stopped_error());
        pipeline_ && (pipeline_->out.fail(why) || at_once))
      fail(why);
    break;
  case Stage::verifying:
    if (at_once)
      cancel_.emit(asio::cancellation_type::terminal);
    break;
  case Stage::waiting:
    cancel_.emit(asio::cancellation_type::terminal);
    break;
  }
}

LoadProgress ImageLoad::progress() const {
  if (stage_ == Stage::verifying)
    return {.phase = kVerify, .done = 0, .total = {}};
  if (!pipeline_)
    return {};
  if (!pipeline_->downloaded)
    return {.phase = image::kDownload,
            .done = pipeline_->download.received(),
            .total = pipeline_->download.total()};
  LoadProgress progress{.phase = kLoad, .done = 0, .total = {}};
  if (pipeline_->upload)
    progress.done = pipeline_->upload->sent();
  if (pipeline_->rewritten)
    progress.total = result_.bytes.out;
  return progress;
}

asio::awaitable<GivenArchive> ImageLoad::transfer() {
  pipeline_ = std::make_unique<Pipeline>(*this);
  begin_download();
  while (!pipeline_->ended(failure_ != nullptr)) {
    if (!news_)
      co_await changed_.async_wait(asio::as_tuple(asio::use_awaitable));
    news_ = false;
    if (failure_)
      continue;
    try {
      if (pipeline_->download.has_begun() && !pipeline_->worker)
        begin_worker();
      if (pipeline_->worker && !pipeline_->upload && pipeline_->out.ready())
        begin_upload();
    } catch (const std::exception &) { // no thread, no memory
      fail(std::current_exception());
    }
  }
  const bool whole = given_whole();
  std::string last_word;
  if (pipeline_->upload)
    last_word = pipeline_->upload->answer().last_word();
  pipeline_.reset();
  if (whole)
    co_return GivenArchive{given_, name_, result_, std::move(last_word), failure_};
  try {
    std::rethrow_exception(failure_);
  } catch (const Error &error) {
    throw broken_off(error);
  } catch (const std::exception &error) { // no thread, no memory, a head without end
    throw Error(Kind::internal, std::string(kCannot) + error.what()).in_phase(std::string(kLoad));
  }
}

void ImageLoad::begin_download() {
  asio::co_spawn(
      executor_, pipeline_->download.run(given_),
      asio::bind_cancellation_slot(
          pipeline_->download_cancel.slot(),
          [self = shared_from_this()](const std::exception_ptr &e) { self->on_downloaded(e); }));
  runtime::reached(runtime::Step::download_begun);
}

void ImageLoad::begin_worker() {
  image::Options options;
  options.id = name_.substr(0, name_.find(':'));
  if (const std::string &platform = environment_.engine.platform(); !platform.empty())
    options.platform = platform;
  pipeline_->worker.emplace(
      executor_, pipeline_->in, pipeline_->out, pipeline_->download.take_checksum(),
      std::move(options),
      [weak = weak_from_this()](const std::exception_ptr &thrown, const image::Result &result) {
        if (const auto self = weak.lock())
          self->on_rewritten(thrown, result);
      });
}

void ImageLoad::begin_upload() {
  pipeline_->silence.emplace(executor_, environment_.settings.timeouts.load,
                             [this] { on_silence(); });
  pipeline_->upload.emplace(pipeline_->out, *pipeline_->silence, [this] { moved_(); });
  asio::co_spawn(
      executor_, upload(),
      asio::bind_cancellation_slot(
          pipeline_->upload_cancel.slot(),
          [self = shared_from_this()](const std::exception_ptr &e) { self->on_uploaded(e); }));
}

asio::awaitable<void> ImageLoad::upload() {
  ImageUpload &upload = *pipeline_->upload;
  engine::Answer answer = co_await environment_.engine.load(upload);
  if (!answer.ok()) {
    answer.body = upload.refusal();
    throw engine::refusal(answer, kLoad);
  }
  upload.answer().finish();
  if (!pipeline_->out.ended())
    throw Error(Kind::engine, std::string(kCannot) +
                                  "the engine answered before it had all of it, with: " +
                                  upload.answer().last_word())
        .in_phase(std::string(kLoad));
}

void ImageLoad::on_silence() {
  const std::string what = std::string(kCannot) + "no sign of life of the engine at " +
                           environment_.engine.endpoint().name + " in " +
                           std::to_string(environment_.settings.timeouts.load.count()) + " ms";
  const auto late =
      std::make_exception_ptr(Error(Kind::timeout, what).in_phase(std::string(kLoad)));
  if (pipeline_->out.fail(late))
    fail(late);
  else
    fail(std::make_exception_ptr(
        Error(Kind::unknown_outcome, what).in_phase(std::string(engine::kNoAnswer))));
}

void ImageLoad::on_outflow() {
  if (pipeline_->upload)
    environment_.engine.resume(*pipeline_->upload);
  else
    notify();
}

void ImageLoad::on_downloaded(const std::exception_ptr &thrown) {
  pipeline_->downloaded = true;
  if (thrown)
    fail(thrown);
  notify();
  moved_();
}

void ImageLoad::on_rewritten(const std::exception_ptr &thrown, const image::Result &result) {
  pipeline_->rewritten = true;
  result_ = result;
  if (thrown)
    fail(thrown);
  notify();
}

void ImageLoad::on_uploaded(const std::exception_ptr &thrown) {
  pipeline_->uploaded = true;
  pipeline_->silence.reset();
  if (thrown)
    fail(thrown);
  notify();
}

// The first failure is the one that counts: the others follow from it.
void ImageLoad::fail(const std::exception_ptr &why) {
  if (!failure_)
    failure_ = why;
  pipeline_->in.fail(failure_);
  pipeline_->out.fail(failure_);
  if (!pipeline_->downloaded)
    pipeline_->download_cancel.emit(asio::cancellation_type::terminal);
  if (pipeline_->upload && !pipeline_->uploaded)
    pipeline_->upload_cancel.emit(asio::cancellation_type::terminal);
  notify();
}

void ImageLoad::notify() {
  news_ = true;
  changed_.cancel();
}

bool ImageLoad::given_whole() const {
  return stage_ == Stage::verifying || (pipeline_ && pipeline_->out.closed());
}

asio::awaitable<std::uint64_t> ImageLoad::verify(GivenArchive archive) {
  moved_();
  try {
    if (!at_once_)
      co_return co_await settle(environment_, archive, [this] { return !stopped_ && wanted_(); });
  } catch (const std::exception &) {
    if (!at_once_)
      throw;
  }
  throw unsettled(archive, "the plugin stops");
}

Error ImageLoad::stopped_error() const {
  return Error(Kind::cancelled, "cancelled while loading the image")
      .in_phase(std::string(progress().phase));
}

} // namespace mdocker::methods
