// SPDX-License-Identifier: Apache-2.0
#include "image_loads.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace mdocker::methods {
namespace {

using std::chrono::steady_clock;

/// Progress is for eyes.
constexpr std::chrono::milliseconds kBetweenReports{200};

// What a load came to that was stopped, unless it came to nothing for just that reason.
void throw_unless_cancelled(const std::exception_ptr &thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const Error &error) {
    if (error.kind() != Kind::cancelled)
      throw;
  } catch (const boost::system::system_error &) { // one of its waits was cancelled
  }
}

} // namespace

struct ImageLoads::Shared {
  void report() {
    const LoadProgress progress = load->progress();
    const auto now = steady_clock::now();
    if (progress.phase == reported_phase && now < report_after)
      return;
    reported_phase = progress.phase;
    report_after = now + kBetweenReports;
    const std::string json = progress.json();
    for (const Caller *caller : callers)
      show(*caller, json);
  }
  /// Whether anybody waits for it. That somebody has left is known here before they tell us.
  [[nodiscard]] bool wanted() const {
    const std::string json = load->progress().json();
    return std::count_if(callers.begin(), callers.end(),
                         [&](const Caller *caller) { return show(*caller, json); }) != 0;
  }
  static bool show(const Caller &caller, const std::string &json);
  void wake_all();

  std::shared_ptr<ImageLoad> load;
  std::vector<Caller *> callers;
  std::size_t staying = 0; ///< Callers that have not left.
  bool stopped = false;    ///< The last has left: nobody joins it any more.
  bool ended = false;
  std::exception_ptr thrown;
  std::uint64_t size = 0;
  std::string_view reported_phase;
  steady_clock::time_point report_after;
};

// Somebody who waits, in the coroutine that does.
class ImageLoads::Caller {
public:
  Caller(std::shared_ptr<Shared> shared, const asio::any_io_executor &executor, Report report)
      : report_(std::move(report)), shared_(std::move(shared)), timer_(executor) {
    shared_->callers.push_back(this);
  }
  ~Caller() { std::erase(shared_->callers, this); }
  Caller(const Caller &) = delete;
  Caller &operator=(const Caller &) = delete;

  /// Until the load has ended, the time is up, or the caller is cancelled.
  asio::awaitable<void> wait(steady_clock::time_point until) {
    if (shared_->ended)
      co_return;
    timer_.expires_at(until);
    co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  void wake() { timer_.cancel(); }

  /// False where nobody waits for this call any more.
  bool show(const std::string &json) const { return !report_ || report_(json); }

private:
  Report report_;
  std::shared_ptr<Shared> shared_;
  asio::steady_timer timer_;
};

bool ImageLoads::Shared::show(const Caller &caller, const std::string &json) {
  return caller.show(json);
}

void ImageLoads::Shared::wake_all() {
  for (Caller *caller : callers)
    caller->wake();
}

std::shared_ptr<ImageLoads::Shared> ImageLoads::join(const asio::any_io_executor &executor,
                                                     Environment &environment,
                                                     const std::string &id) {
  const std::string uuid = engine_name(id);
  if (const auto it = running_.find(uuid); it != running_.end())
    return it->second;
  auto shared = std::make_shared<Shared>();
  shared->load = std::make_shared<ImageLoad>(
      executor, environment, places_, id, [raw = shared.get()] { raw->report(); },
      [raw = shared.get()] { return raw->wanted(); });
  running_.emplace(uuid, shared);
  auto ended = [this, uuid, shared](const std::exception_ptr &thrown, std::uint64_t size) {
    shared->thrown = thrown;
    shared->size = size;
    shared->ended = true;
    running_.erase(uuid);
    shared->wake_all();
  };
  asio::co_spawn(executor, shared->load->run(),
                 asio::bind_cancellation_slot(shared->load->slot(), std::move(ended)));
  return shared;
}

asio::awaitable<std::uint64_t> ImageLoads::load(Environment &environment, std::string id,
                                                Deadline deadline, Report report) {
  const auto executor = co_await asio::this_coro::executor;
  co_await asio::this_coro::throw_if_cancelled(false);
  for (;;) {
    const std::shared_ptr<Shared> shared = join(executor, environment, id);
    Caller caller(shared, executor, report);
    const bool joined = !shared->stopped;
    if (joined)
      ++shared->staying;
    co_await caller.wait(deadline.work);
    // What the engine makes of an archive that it has whole is looked for as after other changes.
    if (const auto state = co_await asio::this_coro::cancellation_state;
        joined && state.cancelled() == asio::cancellation_type::none && shared->load->given_whole())
      co_await caller.wait(deadline.look_by());
    if (shared->ended && joined) {
      if (shared->thrown)
        std::rethrow_exception(shared->thrown);
      co_return shared->size;
    }
    if (shared->ended)
      continue;
    const auto cancelled = (co_await asio::this_coro::cancellation_state).cancelled();
    const std::string phase(shared->load->progress().phase);
    if (joined && --shared->staying == 0) {
      const bool at_once = (cancelled & kPluginStops) == kPluginStops;
      co_await see_to_the_end(shared, at_once);
      if (!shared->thrown)
        co_return shared->size;
      throw_unless_cancelled(shared->thrown);
    }
    if (cancelled != asio::cancellation_type::none)
      throw Error(Kind::cancelled, "cancelled while loading the image").in_phase(phase);
    throw Error(Kind::timeout, "cannot load the image: not done in time").in_phase(phase);
  }
}

// What the load leaves behind is seen to before its last call is over, and with it, perhaps, the
// plugin. That may end it at once even then.
asio::awaitable<void> ImageLoads::see_to_the_end(std::shared_ptr<Shared> shared, bool at_once) {
  const auto executor = co_await asio::this_coro::executor;
  co_await asio::this_coro::throw_if_cancelled(false);
  shared->stopped = true;
  shared->load->stop(at_once);
  Caller caller(shared, executor, Report());
  co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
  co_await caller.wait(steady_clock::time_point::max());
  if (shared->ended)
    co_return;
  shared->load->stop(true);
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await caller.wait(steady_clock::time_point::max());
}

} // namespace mdocker::methods
