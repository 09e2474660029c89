// SPDX-License-Identifier: Apache-2.0
//
// The open calls. An id names a slot and a use of that slot, so that it is found without a search
// and never comes back: a late answer meets another id, and no other call.
#pragma once

#include "hold.hpp"
#include "mistify/host.hpp"
#include "plugin_instance.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace mistify::detail {

/// The caller's functions.
struct Callbacks {
  Completion done;
  std::function<void(std::string_view)> progress;
};

/// One call. It is open until the plugin has ended it, also where the host has answered for it
/// before; or it waits for a plugin that is being reloaded (held), and none knows of it yet. All
/// but `index` and `callbacks.progress` (see Calls::progress) is guarded by the mutex.
struct CallSlot {
  std::mutex mutex;
  std::uint32_t index = 0; // constant
  std::uint64_t uses = 0;
  CallId id = 0; // 0: free

  Plugin *plugin = nullptr;       // NULL: it is held
  const Method *method = nullptr; // NULL: a check
  std::unique_ptr<HeldCall> held;
  Callbacks callbacks;
  std::int64_t arrived_ns = 0;
  std::int64_t deadline_ns = 0;
  std::int64_t answer_by_ns = 0;

  bool callers_deadline = false; // set_deadline() does not move it
  bool in_handler = false;       // the handler (or check) has not returned yet
  bool answered = false;         // by the host
  bool ended = false;            // by the plugin; the slot waits only for progress to return
  bool told = false;             // the plugin has been told to cancel, or will be
  bool tell_after_handler = false;
  bool has_pending = false;

  std::uint32_t progress_running = 0; // threads inside callbacks.progress
  Answer pending;                     // goes to the caller when the last of them is out

  [[nodiscard]] bool is_open(CallId call, const Plugin &of) const noexcept {
    return id == call && plugin == &of && !ended;
  }
  [[nodiscard]] bool is_read_only() const noexcept {
    return method == nullptr || method->info.read_only;
  }
  [[nodiscard]] std::string_view method_name() const noexcept {
    if (held)
      return held->method;
    return method == nullptr ? std::string_view() : std::string_view(method->info.name);
  }
};

class CallTable {
public:
  explicit CallTable(std::size_t capacity);

  /// A free slot, as a new CallSlot would be. NULL where limit (at most the capacity) are in use.
  CallSlot *acquire(std::size_t limit);

  /// The slot's next id. Its mutex is held.
  [[nodiscard]] CallId next_id(CallSlot &slot) const noexcept {
    return (++slot.uses << index_bits_) | slot.index;
  }

  /// How many slots there can be.
  [[nodiscard]] std::size_t slots() const noexcept { return chunks_.size() * kChunk; }

  /// Frees a slot whose mutex is held. What it still holds of the caller's goes to `rest`, to be
  /// destroyed where no lock is held.
  void release(CallSlot &slot, Callbacks &rest) noexcept;

  /// The slot that the id names, which may be in use for another call by now; NULL where there is
  /// none.
  [[nodiscard]] CallSlot *slot_of(CallId call) const noexcept;

  [[nodiscard]] std::size_t in_use() const noexcept { return in_use_.load(); }

  /// Visits all slots that have ever been used.
  template <class Visit> void for_each(Visit visit) {
    for (const auto &chunk : chunks_) {
      CallSlot *slots = chunk.load(std::memory_order_acquire);
      if (slots == nullptr)
        return;
      for (std::uint32_t i = 0; i < kChunk; ++i)
        visit(slots[i]);
    }
  }

private:
  static constexpr std::uint32_t kChunk = 64;

  void add_chunk();

  unsigned index_bits_;
  std::vector<std::atomic<CallSlot *>> chunks_; // filled from the front, as they are needed
  std::vector<std::unique_ptr<CallSlot[]>> owned_;
  std::mutex mutex_; // guards owned_ and free_; taken after a slot's
  std::vector<CallSlot *> free_;
  std::atomic<std::size_t> in_use_{0}; // changed under mutex_
};

} // namespace mistify::detail
