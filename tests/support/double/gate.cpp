// SPDX-License-Identifier: Apache-2.0
#include "gate.hpp"

#include <mutex>
#include <utility>
#include <vector>

namespace mdocker::test {

struct Gate::State {
  std::mutex mutex;
  bool open = false;
  std::vector<std::function<void()>> calls;
};

Gate::Gate() : state_(std::make_shared<State>()) {}

void Gate::open() const {
  std::vector<std::function<void()>> calls;
  {
    const std::lock_guard lock(state_->mutex);
    state_->open = true;
    calls.swap(state_->calls);
  }
  for (const auto &call : calls)
    call();
}

bool Gate::is_open() const {
  const std::lock_guard lock(state_->mutex);
  return state_->open;
}

void Gate::on_open(std::function<void()> call) const {
  {
    const std::lock_guard lock(state_->mutex);
    if (!state_->open) {
      state_->calls.push_back(std::move(call));
      return;
    }
  }
  call();
}

} // namespace mdocker::test
