// SPDX-License-Identifier: Apache-2.0
//
// Calls that the host answers for their plugin: at their deadline, when the caller is gone, and
// when the plugin is taken down.
#include "calls.hpp"
#include "errors.hpp"

#include <string>
#include <utility>

namespace mistify::detail {
namespace {

// The phases of a call that has begun, and of one that has not.
constexpr std::string_view kWaiting = "waiting for the plugin";
constexpr std::string_view kHeld = "reload";

} // namespace

void Calls::expire(CallId call) {
  CallSlot *slot = table_.slot_of(call);
  if (slot == nullptr)
    return;
  std::unique_lock lock(slot->mutex);
  // It may have ended, or have been given more time, since its deadline left the heap.
  if (slot->id != call || slot->ended || slot->answered || slot->answer_by_ns > now_ns())
    return;
  const std::string name(slot->method_name());
  const char *what = ": the plugin did not answer before the deadline (call ";
  if (slot->held) {
    what = ": the plugin was not reloaded before the deadline (call ";
    answer_held(*slot, std::move(lock), timed_out_waiting(name));
  } else {
    answer_for_plugin(*slot, std::move(lock), timed_out(name, slot->is_read_only(), kWaiting));
  }
  log_.write(LogLevel::warning,
             (name.empty() ? "a check" : name) + what + std::to_string(call) + ")");
}

bool Calls::cancel(CallId call) {
  CallSlot *slot = table_.slot_of(call);
  if (slot == nullptr)
    return false;
  std::unique_lock lock(slot->mutex);
  if (call == 0 || slot->id != call || slot->ended || slot->answered)
    return false;
  Answer answer = cancelled(slot->method_name(), slot->held ? kHeld : kWaiting);
  if (slot->held)
    answer_held(*slot, std::move(lock), std::move(answer));
  else
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

void Calls::cancel_all(Plugin &plugin, std::string_view why, std::string_view phase) {
  table_.for_each([&](CallSlot &slot) {
    std::unique_lock lock(slot.mutex);
    if (slot.id == 0 || slot.plugin != &plugin || slot.ended || slot.answered)
      return;
    Answer answer = cut_short(slot.method_name(), slot.is_read_only(), why, phase);
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
    release(slot, rest); // answered long ago: cancel_all() came before
    ++forgotten;
  });
  ring_if_idle();
  return forgotten;
}

} // namespace mistify::detail
