// SPDX-License-Identifier: Apache-2.0
//
// Calls that wait while their plugin is being reloaded. No plugin knows of them yet, so the host
// alone answers them, until one of them begins.
#include "calls.hpp"
#include "errors.hpp"

#include <algorithm>
#include <utility>

namespace mistify::detail {

std::optional<CallId> Calls::hold(const std::shared_ptr<Hold> &hold, const CallRequest &request,
                                  std::chrono::milliseconds default_deadline, Completion &done) {
  // All that can throw comes before there is a slot.
  auto held = std::make_unique<HeldCall>();
  held->hold = hold;
  held->method = request.method;
  held->params_json = request.params_json;
  held->trace_id = request.trace_id;
  Callbacks callbacks{{}, request.progress};
  CallSlot *slot = acquire(request, request.method, max_calls_, done);
  if (slot == nullptr)
    return 0;
  std::unique_lock lock(slot->mutex);
  const auto number = hold->join();
  if (!number) {
    Callbacks nothing;
    release(*slot, nothing);
    lock.unlock();
    ring_if_idle();
    return std::nullopt;
  }
  held->number = *number;
  slot->held = std::move(held);
  callbacks.done.swap(done);
  return open(*slot, request, default_deadline, callbacks);
}

std::vector<CallId> Calls::held_in(const Hold &hold) {
  std::vector<std::pair<std::uint64_t, CallId>> found;
  table_.for_each([&](CallSlot &slot) {
    const std::lock_guard lock(slot.mutex);
    if (slot.held && slot.held->hold.get() == &hold)
      found.emplace_back(slot.held->number, slot.id);
  });
  std::sort(found.begin(), found.end());
  std::vector<CallId> calls;
  calls.reserve(found.size());
  for (const auto &[number, call] : found)
    calls.push_back(call);
  return calls;
}

void Calls::release_held(const Hold &hold, Plugin &plugin) {
  for (const CallId call : held_in(hold))
    begin_held(call, plugin);
}

void Calls::begin_held(CallId call, Plugin &plugin) {
  CallSlot *slot = table_.slot_of(call);
  std::unique_lock lock(slot->mutex);
  if (slot->id != call || !slot->held)
    return; // answered meanwhile
  const Method *method = plugin.find(slot->held->method);
  if (method == nullptr) {
    Answer answer = no_such_method(slot->held->method);
    return answer_held(*slot, std::move(lock), std::move(answer));
  }
  const std::unique_ptr<HeldCall> held = std::move(slot->held);
  slot->plugin = &plugin;
  slot->method = method;
  slot->in_handler = true;
  plugin.open.enter();
  const Times times{slot->deadline_ns, slot->answer_by_ns};
  lock.unlock();
  plugin.gate.enter();
  const Inside inside(plugin.gate);
  const CallRequest request{
      .method = held->method, .params_json = held->params_json, .trace_id = held->trace_id};
  enter(plugin, method, request, call, times);
  after_handler(plugin, *slot, call);
}

void Calls::refuse_held(const Hold &hold, Answer (*answer)(std::string_view method)) {
  for (const CallId call : held_in(hold)) {
    CallSlot *slot = table_.slot_of(call);
    std::unique_lock lock(slot->mutex);
    if (slot->id == call && slot->held)
      answer_held(*slot, std::move(lock), answer(slot->held->method));
  }
}

/// Answers the caller and ends the call.
void Calls::answer_held(CallSlot &slot, std::unique_lock<std::mutex> lock, Answer answer) {
  Callbacks callbacks;
  delivering_.fetch_add(1);
  release(slot, callbacks);
  lock.unlock();
  deliver(callbacks.done, std::move(answer));
  delivered();
}

} // namespace mistify::detail
