// SPDX-License-Identifier: Apache-2.0
#include "call_table.hpp"

#include <bit>
#include <utility>

namespace mistify::detail {

CallTable::CallTable(std::size_t capacity)
    : index_bits_(static_cast<unsigned>(std::bit_width(capacity + kChunk))),
      chunks_((capacity + kChunk - 1) / kChunk) {
  owned_.reserve(chunks_.size());
  free_.reserve(chunks_.size() * kChunk);
}

CallSlot *CallTable::acquire(std::size_t limit) {
  const std::lock_guard lock(mutex_);
  if (in_use_.load() >= limit)
    return nullptr;
  if (free_.empty())
    add_chunk();
  CallSlot *slot = free_.back();
  free_.pop_back();
  in_use_.fetch_add(1);
  return slot;
}

void CallTable::add_chunk() {
  const std::size_t number = owned_.size();
  auto slots = std::make_unique<CallSlot[]>(kChunk);
  for (std::uint32_t i = kChunk; i-- > 0;) {
    slots[i].index = static_cast<std::uint32_t>(number) * kChunk + i;
    free_.push_back(&slots[i]);
  }
  chunks_[number].store(slots.get(), std::memory_order_release);
  owned_.push_back(std::move(slots));
}

void CallTable::release(CallSlot &slot, Callbacks &rest) noexcept {
  rest.done.swap(slot.callbacks.done);
  rest.progress.swap(slot.callbacks.progress);
  slot.id = 0;
  slot.plugin = nullptr;
  slot.method = nullptr;
  slot.held.reset();
  slot.callers_deadline = false;
  slot.in_handler = false;
  slot.answered = false;
  slot.ended = false;
  slot.told = false;
  slot.tell_after_handler = false;
  slot.has_pending = false;
  const std::lock_guard lock(mutex_);
  free_.push_back(&slot);
  in_use_.fetch_sub(1);
}

CallSlot *CallTable::slot_of(CallId call) const noexcept {
  const std::uint64_t index = call & ((std::uint64_t{1} << index_bits_) - 1);
  if (index / kChunk >= chunks_.size())
    return nullptr;
  CallSlot *slots = chunks_[index / kChunk].load(std::memory_order_acquire);
  return slots == nullptr ? nullptr : &slots[index % kChunk];
}

} // namespace mistify::detail
