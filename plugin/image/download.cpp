// SPDX-License-Identifier: Apache-2.0
#include "download.hpp"

#include "redirect.hpp"
#include "refuse.hpp"
#include "response_head.hpp"

#include "../engine/transfers.hpp"
#include "../error.hpp"
#include "../runtime/idle_watch.hpp"

#include <stdexcept>
#include <utility>

namespace mdocker::image {
namespace {

using engine::Endpoint;
using engine::Response;
using engine::Transfers;

constexpr unsigned kOk = 200;
constexpr unsigned kMostRedirects = 5;
constexpr std::size_t kMostNamed = 5; ///< Of the servers that cannot be reached.

/// Name servers have a limit of their own; this is for many of them.
constexpr std::chrono::seconds kLongestLookUp{30};

/// A server need not close when all has come: how long we wait to see whether there is more.
constexpr std::chrono::milliseconds kMoreMayCome{500};

// How a reception ends that is no failure.
struct Redirected {
  std::string location;
};
struct AllHere {};

Error cannot(Kind kind, const std::string &why) {
  return Error(kind, std::string(kCannot) + why).in_phase(std::string(kDownload));
}

// The code and the URL in the words that clients of the service know.
Error bad_status(unsigned status, const std::string &url) {
  constexpr unsigned kNotFound = 404;
  constexpr unsigned kGone = 410;
  constexpr unsigned kTooMany = 429;
  constexpr unsigned kServerError = 500;
  const bool missing = status == kNotFound || status == kGone;
  return Error(missing ? Kind::not_found : Kind::unavailable,
               "unexpected http response code: expected 200, received " + std::to_string(status) +
                   ", url: " + url)
      .in_phase(std::string(kDownload))
      .that_may_be_retried(status == kTooMany || status >= kServerError);
}

Endpoint endpoint_of(const Target &target, const std::string &ca) {
  Endpoint endpoint;
  endpoint.transport =
      target.scheme == "https" ? Endpoint::Transport::tls : Endpoint::Transport::tcp;
  endpoint.host = target.host;
  endpoint.port = target.port;
  endpoint.ca = ca;
  endpoint.name = target.base_url();
  return endpoint;
}

} // namespace

// One answer, from its head to its end.
class Download::Reception final : public engine::BodyStream {
public:
  /// url: for messages.
  Reception(Download &owner, const Endpoint &endpoint, std::string url)
      : owner_(owner), url_(std::move(url)),
        transfers_(
            owner.executor_, endpoint,
            {.connect_timeout = owner.options_.connect, .largest_body = 0, .kept_connections = 1}),
        // libcurl does not say when the connection is there, and gives up on it in time by itself.
        idle_(owner.executor_, owner.options_.connect + owner.options_.idle,
              [this] { on_idle(); }) {
    owner_.reception_ = this;
  }
  ~Reception() override { owner_.reception_ = nullptr; }

  asio::awaitable<void> run(std::string path, std::string resolved) {
    engine::Request request;
    request.path = std::move(path);
    request.fresh = true;
    request.stream = this;
    request.fields = {"Accept-Encoding: identity", "Connection: close", "User-Agent: mdocker"};
    request.deadline = std::chrono::steady_clock::time_point::max();
    request.resolved = std::move(resolved);
    try {
      const Response response = co_await transfers_.perform(request);
      check_end(response);
    } catch (const AllHere &) {
      co_return;
    } catch (const Error &) {
      throw;
    } catch (const std::runtime_error &error) { // a head that is too large, or no memory to ask
      throw cannot(Kind::unavailable, url_ + ": " + error.what());
    }
  }

  void resume() {
    idle_.touch();
    transfers_.resume(*this);
  }

  /// Whether it came to nothing because no connection was made.
  [[nodiscard]] const std::string &not_connected() const noexcept { return not_connected_; }

  void head_line(std::string_view line) override {
    if (!std::exchange(answers_, true))
      idle_.set_limit(owner_.options_.idle);
    idle_.touch();
    if (begun_ || !head_.line(line)) // fields may also follow a body
      return;
    if (head_.redirects())
      throw Redirected{head_.location()};
    if (head_.status() != kOk)
      throw bad_status(head_.status(), url_);
    owner_.checksum_.emplace(head_.checksum());
    owner_.total_ = head_.length();
    begun_ = true;
    note_length();
    owner_.moved_();
  }

  bool take(std::string_view bytes) override {
    const auto total = owner_.total_;
    if (total && bytes.size() > *total - owner_.received_)
      throw cannot(Kind::unavailable, url_ + " is longer than its Content-Length of " +
                                          std::to_string(*total) + " bytes");
    if (!owner_.into_.offer(bytes)) {
      idle_.hold();
      return false;
    }
    owner_.received_ += bytes.size();
    idle_.touch();
    note_length();
    owner_.moved_();
    return true;
  }

private:
  void note_length() {
    complete_ = owner_.total_ && owner_.received_ == *owner_.total_;
    if (complete_)
      idle_.set_limit(kMoreMayCome);
  }

  void on_idle() {
    if (complete_)
      transfers_.abort(*this, std::make_exception_ptr(AllHere{}));
    else
      transfers_.abort(
          *this, std::make_exception_ptr(
                     cannot(Kind::timeout, "no byte of " + url_ + " in " +
                                               std::to_string(owner_.options_.idle.count()) +
                                               " ms, after " + std::to_string(owner_.received_))));
  }

  void check_end(const Response &response) {
    if (response.end == Response::End::cancelled)
      throw Error(Kind::cancelled, "cancelled while waiting for the image service")
          .in_phase(std::string(kDownload));
    if (complete_) // all that was said is here, whatever the connection's end was like
      return;
    const bool late = response.end == Response::End::timed_out && !response.sent;
    if (late || response.end == Response::End::not_connected) {
      not_connected_ = response.problem;
      return;
    }
    const std::string so_far = " after " + std::to_string(owner_.received_) +
                               (owner_.total_ ? " of " + std::to_string(*owner_.total_) : "") +
                               " bytes";
    if (response.end != Response::End::complete)
      throw cannot(Kind::unavailable, url_ + " broke off" + so_far + ": " + response.problem);
    if (owner_.total_)
      throw cannot(Kind::unavailable, url_ + " ended" + so_far);
  }

  Download &owner_;
  std::string url_;
  ResponseHead head_;
  bool answers_ = false;
  bool begun_ = false;
  bool complete_ = false;
  std::string not_connected_;
  Transfers transfers_;
  runtime::IdleWatch idle_;
};

Download::Download(asio::any_io_executor executor, Service &service, Options options, Inflow &into,
                   std::function<void()> moved)
    : executor_(std::move(executor)), service_(service), options_(std::move(options)), into_(into),
      moved_(std::move(moved)) {}

Download::~Download() = default;

asio::awaitable<void> Download::run(std::string id) {
  const auto until = std::chrono::steady_clock::now() + kLongestLookUp;
  const std::vector<Target> targets = co_await service_.targets(until);
  for (const Target &target : targets) {
    const bool fetched = co_await try_target(target, id);
    if (fetched) {
      into_.close();
      co_return;
    }
  }
  if (count_unreachable_ > kMostNamed)
    unreachable_ += ", nor at " + std::to_string(count_unreachable_ - kMostNamed) + " more";
  throw cannot(Kind::unavailable, "cannot reach the image service" + unreachable_);
}

asio::awaitable<bool> Download::try_target(Target target, std::string id) {
  std::string path = target.path + "/images/" + id + "/download";
  for (unsigned redirects = 0;; ++redirects) {
    std::string why;
    std::optional<Redirected> redirected;
    try {
      const auto until = std::chrono::steady_clock::now() + kLongestLookUp;
      std::string resolved = co_await service_.resolve(target, until);
      const Endpoint endpoint = endpoint_of(target, options_.ca);
      Reception reception(*this, endpoint, shown_url(endpoint.base_url() + path));
      co_await reception.run(path, std::move(resolved));
      why = reception.not_connected();
      if (why.empty())
        co_return true;
    } catch (const Redirected &to) {
      redirected = to;
    } catch (const Error &error) {
      if (error.phase() != "resolve" || error.kind() == Kind::cancelled)
        throw;
      why = error.what();
    }
    if (!redirected) {
      note_unreachable(target, why);
      co_return false;
    }
    if (redirects == kMostRedirects)
      throw cannot(Kind::unavailable, "the image service redirects more than " +
                                          std::to_string(kMostRedirects) + " times");
    path = follow_redirect(target, path, redirected->location);
  }
}

void Download::note_unreachable(const Target &target, const std::string &why) {
  if (++count_unreachable_ <= kMostNamed)
    unreachable_ +=
        (unreachable_.empty() ? " at " : ", nor at ") + shown_url(target.base_url()) + ": " + why;
}

void Download::resume() {
  if (reception_ != nullptr)
    reception_->resume();
}

Checksum Download::take_checksum() {
  Checksum taken = std::move(*checksum_);
  return taken;
}

} // namespace mdocker::image
