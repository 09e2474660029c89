// SPDX-License-Identifier: Apache-2.0
#include "half_answered.hpp"

#include <utility>

namespace mdocker::methods {

void HalfAnswered::add(const std::string &guest, Create create) {
  if (creates_.insert_or_assign(guest, std::move(create)).second)
    order_.push_back(guest);
  while (order_.size() > kMost) {
    creates_.erase(order_.front());
    order_.pop_front();
  }
}

const HalfAnswered::Create *HalfAnswered::find(const std::string &guest) const {
  const auto found = creates_.find(guest);
  return found == creates_.end() ? nullptr : &found->second;
}

void HalfAnswered::forget(const std::string &guest) {
  if (creates_.erase(guest) != 0)
    std::erase(order_, guest);
}

} // namespace mdocker::methods
