// SPDX-License-Identifier: Apache-2.0
#include "path_breakers.hpp"

#include <algorithm>

namespace mdocker::engine {
namespace {

constexpr std::size_t kMost = 256;

} // namespace

std::shared_ptr<Breaker> PathBreakers::find(const std::string &path) const {
  const auto known = known_.find(path);
  return known == known_.end() ? nullptr : known->second;
}

void PathBreakers::unanswered(const std::string &path) {
  if (const std::shared_ptr<Breaker> breaker = find(path)) {
    breaker->unanswered();
    return;
  }
  if (known_.size() >= kMost) // the one that has gone unanswered longest makes room
    drop(std::min_element(known_.begin(), known_.end(), [](const auto &a, const auto &b) {
      return a.second->since() < b.second->since();
    }));
  const std::shared_ptr<Breaker> breaker = make_(path);
  breaker->unanswered();
  known_.emplace(path, breaker);
}

void PathBreakers::answered(const std::string &path) {
  const auto known = known_.find(path);
  if (known == known_.end())
    return;
  known->second->answered();
  drop(known);
}

void PathBreakers::shut_down() {
  for (const auto &[path, breaker] : known_)
    breaker->shut_down();
}

void PathBreakers::drop(Known::iterator path) {
  path->second->shut_down();
  known_.erase(path);
}

} // namespace mdocker::engine
