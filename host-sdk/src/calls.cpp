// SPDX-License-Identifier: Apache-2.0
#include "calls.hpp"
#include "errors.hpp"
#include "text.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace mistify::detail {
namespace {

// Checks are taken above the limit of calls: a host that is full can still say how it is.
constexpr std::size_t kRoomForChecks = 64;
// More calls than a host can have are not worth a table of that size.
constexpr std::size_t kMostCalls = std::size_t{1} << 20U;

constexpr std::string_view kWaiting = "waiting for the plugin";

} // namespace

Calls::Calls(const HostOptions &options, Logger &log)
    : max_calls_(std::min(options.max_calls, kMostCalls)),
      margin_ns_(std::max<std::int64_t>(0, options.answer_margin.count())), log_(log),
      table_(max_calls_ + kRoomForChecks),
      deadlines_(table_.slots(), [this](CallId call) { expire(call); }) {}

Calls::Times Calls::times_for(const Method *method, const CallRequest &request,
                              std::int64_t now) const noexcept {
  std::int64_t limit = 0;
  if (request.deadline)
    limit = std::max<std::int64_t>(0, request.deadline->count());
  else if (method == nullptr || method->info.default_deadline.count() == 0)
    return {};
  else
    limit = std::chrono::nanoseconds(method->info.default_deadline).count();
  const std::int64_t answer_by = saturating_add(now, limit);
  if (answer_by == MISTIFY_NO_DEADLINE)
    return {};
  return {answer_by - std::min(margin_ns_, limit / 2), answer_by};
}

CallId Calls::begin(Plugin &plugin, const Method *method, const CallRequest &request,
                    Completion done) {
  const std::string_view name = method == nullptr ? std::string_view() : method->info.name;
  if (request.deadline && request.deadline->count() <= 0) {
    deliver(done, timed_out(name, true, "before the call"));
    return 0;
  }
  std::function<void(std::string_view)> progress = request.progress;
  CallSlot *slot = table_.acquire(method == nullptr ? max_calls_ + kRoomForChecks : max_calls_);
  if (slot == nullptr) {
    deliver(done, too_many_calls(name, max_calls_));
    return 0;
  }
  const std::int64_t now = now_ns();
  const Times times = times_for(method, request, now);
  CallId call = 0;
  {
    const std::lock_guard lock(slot->mutex);
    call = slot->id = table_.next_id(*slot);
    slot->plugin = &plugin;
    slot->method = method;
    slot->callbacks.done = std::move(done);
    slot->callbacks.progress = std::move(progress);
    slot->arrived_ns = now;
    slot->deadline_ns = times.deadline_ns;
    slot->answer_by_ns = times.answer_by_ns;
    slot->callers_deadline = request.deadline.has_value();
    slot->in_handler = true;
    arm(*slot);
  }
  enter(plugin, method, request, call, times);
  after_handler(plugin, *slot, call);
  return call;
}

void Calls::enter(Plugin &plugin, const Method *method, const CallRequest &request, CallId call,
                  const Times &times) noexcept {
  mistify_request raw{};
  raw.struct_size = sizeof raw;
  raw.call = call;
  raw.params_json = lend(request.params_json);
  raw.trace_id = lend(request.trace_id);
  raw.deadline_ns = times.deadline_ns;
  raw.answer_by_ns = times.answer_by_ns;
  if (method == nullptr) {
    plugin.api->check(plugin.self, &raw);
    return;
  }
  raw.method = lend(method->info.name);
  method->handler(plugin.self, method->user, &raw);
}

void Calls::after_handler(Plugin &plugin, CallSlot &slot, CallId call) {
  {
    const std::lock_guard lock(slot.mutex);
    if (slot.id != call)
      return;
    slot.in_handler = false;
    if (!slot.tell_after_handler || slot.ended)
      return;
  }
  // Before now the plugin may not have known the call yet, and would have ignored this.
  plugin.api->cancel(plugin.self, call);
}

mistify_status Calls::end(Plugin &plugin, CallId call, Answer answer) noexcept {
  CallSlot *slot = table_.slot_of(call);
  if (slot == nullptr)
    return MISTIFY_E_STATE;
  Callbacks callbacks;
  bool late = false;
  {
    const std::lock_guard lock(slot->mutex);
    if (!slot->is_open(call, plugin))
      return MISTIFY_E_STATE;
    slot->ended = true;
    late = slot->answered;
    deadlines_.remove(slot->index);
    if (slot->progress_running > 0) {
      if (!late) {
        slot->pending = std::move(answer);
        slot->has_pending = true;
      }
      return late ? MISTIFY_E_STATE : MISTIFY_OK;
    }
    if (!late)
      delivering_.fetch_add(1);
    table_.release(*slot, callbacks);
  }
  if (late) {
    ring_if_idle();
    return MISTIFY_E_STATE;
  }
  deliver(callbacks.done, std::move(answer));
  delivered();
  return MISTIFY_OK;
}

mistify_status Calls::progress(Plugin &plugin, CallId call, std::string_view json) noexcept {
  CallSlot *slot = table_.slot_of(call);
  if (slot == nullptr)
    return MISTIFY_E_STATE;
  {
    const std::lock_guard lock(slot->mutex);
    if (!slot->is_open(call, plugin) || slot->answered)
      return MISTIFY_E_STATE;
    if (!slot->callbacks.progress)
      return MISTIFY_OK;
    // From here on the slot is not freed and the function stays where it is: whoever answers the
    // call meanwhile leaves the answer in `pending`. So no progress comes after the completion.
    ++slot->progress_running;
  }
  try {
    slot->callbacks.progress(json);
  } catch (...) {
    log_.write(LogLevel::error, "a progress function threw, which it must not");
  }
  progress_returned(*slot);
  return MISTIFY_OK;
}

void Calls::progress_returned(CallSlot &slot) noexcept {
  Callbacks callbacks;
  Answer answer;
  bool has_answer = false;
  {
    const std::lock_guard lock(slot.mutex);
    if (--slot.progress_running > 0 || (!slot.ended && !slot.answered))
      return;
    has_answer = std::exchange(slot.has_pending, false);
    if (has_answer) {
      answer = std::move(slot.pending);
      delivering_.fetch_add(1);
    }
    callbacks.done.swap(slot.callbacks.done);
    callbacks.progress.swap(slot.callbacks.progress);
    if (slot.ended) {
      Callbacks nothing;
      table_.release(slot, nothing);
    }
  }
  if (has_answer) {
    deliver(callbacks.done, std::move(answer));
    delivered();
  } else {
    ring_if_idle();
  }
}

bool Calls::is_cancelled(Plugin &plugin, CallId call) noexcept {
  CallSlot *slot = table_.slot_of(call);
  if (slot == nullptr)
    return true;
  const std::lock_guard lock(slot->mutex);
  return !slot->is_open(call, plugin) || slot->answered;
}

mistify_status Calls::set_deadline(Plugin &plugin, CallId call,
                                   std::int64_t &deadline_ns) noexcept {
  CallSlot *slot = table_.slot_of(call);
  if (slot == nullptr)
    return MISTIFY_E_STATE;
  const std::lock_guard lock(slot->mutex);
  if (!slot->is_open(call, plugin) || slot->answered)
    return MISTIFY_E_STATE;
  if (!slot->callers_deadline) {
    const std::int64_t wish = std::max<std::int64_t>(0, deadline_ns);
    // The margin is at most half of the time that the call has in all.
    const std::int64_t margin =
        std::min(margin_ns_, std::max<std::int64_t>(0, wish - slot->arrived_ns));
    slot->answer_by_ns = saturating_add(wish, margin);
    slot->deadline_ns = slot->answer_by_ns == MISTIFY_NO_DEADLINE ? MISTIFY_NO_DEADLINE : wish;
    arm(*slot);
  }
  deadline_ns = slot->deadline_ns;
  return MISTIFY_OK;
}

void Calls::arm(const CallSlot &slot) noexcept {
  if (slot.answer_by_ns == MISTIFY_NO_DEADLINE)
    deadlines_.remove(slot.index);
  else
    deadlines_.set(slot.index, slot.id, slot.answer_by_ns);
}

void Calls::expire(CallId call) {
  CallSlot *slot = table_.slot_of(call);
  if (slot == nullptr)
    return;
  std::unique_lock lock(slot->mutex);
  // It may have ended, or have been given more time, since its deadline left the heap.
  if (slot->id != call || slot->ended || slot->answered || slot->answer_by_ns > now_ns())
    return;
  const std::string name(slot->method_name());
  const bool read_only = slot->method == nullptr || slot->method->info.read_only;
  answer_for_plugin(*slot, std::move(lock), timed_out(name, read_only, kWaiting));
  log_.write(LogLevel::warning, (name.empty() ? "a check" : name) +
                                    ": the plugin did not answer before the deadline (call " +
                                    std::to_string(call) + ")");
}

bool Calls::cancel(CallId call) {
  CallSlot *slot = table_.slot_of(call);
  if (slot == nullptr)
    return false;
  std::unique_lock lock(slot->mutex);
  if (call == 0 || slot->id != call || slot->ended || slot->answered)
    return false;
  Answer answer = cancelled(slot->method_name(), "the caller is gone", kWaiting);
  answer_for_plugin(*slot, std::move(lock), std::move(answer));
  return true;
}

/// Answers the caller and tells the plugin once that nobody waits any more. The call stays open
/// until the plugin ends it.
void Calls::answer_for_plugin(CallSlot &slot, std::unique_lock<std::mutex> lock, Answer answer) {
  enum class Tell { no, now, later };
  Tell tell = Tell::no;
  Plugin &plugin = *slot.plugin;
  const CallId call = slot.id;
  Callbacks callbacks;
  slot.answered = true;
  deadlines_.remove(slot.index);
  if (!std::exchange(slot.told, true)) {
    if (slot.in_handler) {
      slot.tell_after_handler = true;
    } else {
      plugin.gate.enter();
      // From inside the caller's progress function the plugin is below us on the stack, in a call
      // to the host that is about this very call: another thread must tell it.
      tell = slot.progress_running > 0 ? Tell::later : Tell::now;
    }
  }
  const bool deliver_now = slot.progress_running == 0;
  if (deliver_now) {
    callbacks.done.swap(slot.callbacks.done);
    callbacks.progress.swap(slot.callbacks.progress);
    delivering_.fetch_add(1);
  } else {
    std::swap(slot.pending, answer);
    slot.has_pending = true;
  }
  lock.unlock();

  const auto tell_plugin = [&plugin, call] {
    const Inside inside(plugin.gate);
    plugin.api->cancel(plugin.self, call);
  };
  if (deliver_now) {
    deliver(callbacks.done, std::move(answer));
    delivered();
  }
  if (tell == Tell::now)
    tell_plugin();
  else if (tell == Tell::later)
    deadlines_.post(tell_plugin);
}

void Calls::cancel_all(Plugin &plugin, std::string_view why) {
  table_.for_each([&](CallSlot &slot) {
    std::unique_lock lock(slot.mutex);
    if (slot.id == 0 || slot.plugin != &plugin || slot.ended || slot.answered)
      return;
    Answer answer = cancelled(slot.method_name(), why, "unload");
    answer_for_plugin(slot, std::move(lock), std::move(answer));
  });
}

std::size_t Calls::forget_all(Plugin &plugin) {
  std::size_t forgotten = 0;
  table_.for_each([&](CallSlot &slot) {
    Callbacks rest;
    const std::lock_guard lock(slot.mutex);
    if (slot.id == 0 || slot.plugin != &plugin)
      return;
    table_.release(slot, rest); // answered long ago: cancel_all() came before
    ++forgotten;
  });
  ring_if_idle();
  return forgotten;
}

void Calls::deliver(const Completion &done, Answer answer) noexcept {
  try {
    done(std::move(answer));
  } catch (...) {
    log_.write(LogLevel::error, "a completion threw, which it must not");
  }
}

void Calls::delivered() noexcept {
  delivering_.fetch_sub(1);
  ring_if_idle();
}

bool Calls::idle() const noexcept {
  // In this order: who ends a call counts its delivery before the call is out of the table.
  return table_.in_use() == 0 && delivering_.load() == 0;
}

void Calls::ring_if_idle() noexcept {
  if (!draining_.load() || !idle())
    return;
  const std::lock_guard lock(drain_mutex_);
  drained_.notify_all();
}

bool Calls::drain(std::chrono::nanoseconds timeout) {
  const Clock::time_point until = after(timeout);
  draining_.store(true);
  std::unique_lock lock(drain_mutex_);
  const bool drained = drained_.wait_until(lock, until, [this] { return idle(); });
  draining_.store(false);
  return drained;
}

} // namespace mistify::detail
