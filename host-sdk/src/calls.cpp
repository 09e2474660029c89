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

} // namespace

Calls::Calls(const HostOptions &options, Logger &log)
    : max_calls_(std::min(options.max_calls, kMostCalls)),
      margin_ns_(std::max<std::int64_t>(0, options.answer_margin.count())), log_(log),
      table_(max_calls_ + kRoomForChecks),
      deadlines_(table_.slots(), [this](CallId call) { expire(call); }) {}

Calls::Times Calls::times_for(const CallRequest &request,
                              std::chrono::milliseconds default_deadline,
                              std::int64_t now) const noexcept {
  std::int64_t limit = 0;
  if (request.deadline)
    limit = std::max<std::int64_t>(0, request.deadline->count());
  else if (default_deadline.count() == 0)
    return {};
  else
    limit = std::chrono::nanoseconds(default_deadline).count();
  const std::int64_t answer_by = saturating_add(now, limit);
  if (answer_by == MISTIFY_NO_DEADLINE)
    return {};
  return {answer_by - std::min(margin_ns_, limit / 2), answer_by};
}

CallSlot *Calls::acquire(const CallRequest &request, std::string_view method, std::size_t limit,
                         const Completion &done) {
  if (request.deadline && request.deadline->count() <= 0) {
    deliver(done, timed_out(method, true, "before the call"));
    return nullptr;
  }
  CallSlot *slot = table_.acquire(limit);
  if (slot == nullptr)
    deliver(done, too_many_calls(method, max_calls_));
  return slot;
}

CallId Calls::open(CallSlot &slot, const CallRequest &request,
                   std::chrono::milliseconds default_deadline, Callbacks &callbacks) noexcept {
  slot.id = table_.next_id(slot);
  slot.callbacks.done.swap(callbacks.done);
  slot.callbacks.progress.swap(callbacks.progress);
  slot.arrived_ns = now_ns();
  const Times times = times_for(request, default_deadline, slot.arrived_ns);
  slot.deadline_ns = times.deadline_ns;
  slot.answer_by_ns = times.answer_by_ns;
  slot.callers_deadline = request.deadline.has_value();
  arm(slot);
  return slot.id;
}

CallId Calls::begin(Plugin &plugin, const Method *method, const CallRequest &request,
                    Completion done) {
  const bool check = method == nullptr;
  const std::string_view name = check ? std::string_view() : method->info.name;
  const auto default_deadline =
      check ? std::chrono::milliseconds(0) : method->info.default_deadline;
  Callbacks callbacks{std::move(done), request.progress};
  CallSlot *slot =
      acquire(request, name, check ? max_calls_ + kRoomForChecks : max_calls_, callbacks.done);
  if (slot == nullptr)
    return 0;
  CallId call = 0;
  Times times;
  {
    const std::lock_guard lock(slot->mutex);
    slot->plugin = &plugin;
    slot->method = method;
    slot->in_handler = true;
    plugin.open.enter();
    call = open(*slot, request, default_deadline, callbacks);
    times = {slot->deadline_ns, slot->answer_by_ns};
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

void Calls::release(CallSlot &slot, Callbacks &rest) noexcept {
  Plugin *plugin = slot.plugin;
  deadlines_.remove(slot.index);
  table_.release(slot, rest);
  if (plugin != nullptr)
    plugin->open.leave();
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
    if (slot->progress_running > 0) {
      if (!late) {
        slot->pending = std::move(answer);
        slot->has_pending = true;
      }
      return late ? MISTIFY_E_STATE : MISTIFY_OK;
    }
    if (!late)
      delivering_.fetch_add(1);
    release(*slot, callbacks);
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
      release(slot, nothing);
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
