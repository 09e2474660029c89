// SPDX-License-Identifier: Apache-2.0
#include "deadlines.hpp"

#include <csignal>
#include <utility>

namespace mistify::detail {
namespace {

/// A thread that takes no signals: they are the business of who owns the process.
template <class Body> std::thread quiet_thread(Body body) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  struct Restore {
    const sigset_t &mask;
    ~Restore() { pthread_sigmask(SIG_SETMASK, &mask, nullptr); }
  };
  const Restore restore{before};
  return std::thread(std::move(body));
}

} // namespace

Deadlines::Deadlines(std::size_t slots, std::function<void(CallId)> expired)
    : expired_(std::move(expired)), places_(slots, kNowhere) {
  heap_.reserve(slots);
  thread_ = quiet_thread([this] { run(); });
}

Deadlines::~Deadlines() {
  {
    const std::lock_guard lock(mutex_);
    quit_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Deadlines::set(std::uint32_t slot, CallId call, std::int64_t when_ns) noexcept {
  bool sleeps_too_long = false;
  {
    const std::lock_guard lock(mutex_);
    if (places_[slot] != kNowhere)
      erase(places_[slot]);
    heap_.push_back({when_ns, call, slot});
    const auto last = static_cast<std::uint32_t>(heap_.size() - 1);
    places_[slot] = last;
    sift_up(last);
    sleeps_too_long = when_ns < sleeps_until_ns_;
    if (sleeps_too_long)
      sleeps_until_ns_ = when_ns; // woken once, not by each later one as well
  }
  if (sleeps_too_long)
    wake_.notify_one();
}

void Deadlines::remove(std::uint32_t slot) noexcept {
  const std::lock_guard lock(mutex_);
  if (places_[slot] != kNowhere)
    erase(places_[slot]);
}

void Deadlines::post(std::function<void()> chore) {
  {
    const std::lock_guard lock(mutex_);
    chores_.push_back(std::move(chore));
    sleeps_until_ns_ = 0;
  }
  wake_.notify_one();
}

void Deadlines::run() {
  std::unique_lock lock(mutex_);
  while (!quit_) {
    const std::vector<CallId> passed = take_passed();
    const std::vector<std::function<void()>> chores = std::exchange(chores_, {});
    if (passed.empty() && chores.empty()) {
      wait(lock);
      continue;
    }
    lock.unlock();
    for (const auto &chore : chores)
      chore();
    for (const CallId call : passed)
      expired_(call);
    lock.lock();
  }
}

void Deadlines::wait(std::unique_lock<std::mutex> &lock) {
  sleeps_until_ns_ = heap_.empty() ? MISTIFY_NO_DEADLINE : heap_.front().when_ns;
  // Woken for no reason, it looks again: run() loops.
  if (sleeps_until_ns_ == MISTIFY_NO_DEADLINE)
    wake_.wait(lock);
  else
    wake_.wait_until(lock, from_ns(sleeps_until_ns_));
  sleeps_until_ns_ = 0;
}

std::vector<CallId> Deadlines::take_passed() {
  std::vector<CallId> passed;
  const std::int64_t now = now_ns();
  while (!heap_.empty() && heap_.front().when_ns <= now) {
    passed.push_back(heap_.front().call);
    erase(0);
  }
  return passed;
}

void Deadlines::erase(std::uint32_t place) noexcept {
  places_[heap_[place].slot] = kNowhere;
  const Entry last = heap_.back();
  heap_.pop_back();
  if (place == heap_.size())
    return;
  put(place, last);
  sift_up(place);
  sift_down(places_[last.slot]);
}

void Deadlines::put(std::uint32_t place, const Entry &entry) noexcept {
  heap_[place] = entry;
  places_[entry.slot] = place;
}

void Deadlines::sift_up(std::uint32_t place) noexcept {
  const Entry entry = heap_[place];
  while (place > 0) {
    const std::uint32_t parent = (place - 1) / 2;
    if (heap_[parent].when_ns <= entry.when_ns)
      break;
    put(place, heap_[parent]);
    place = parent;
  }
  put(place, entry);
}

void Deadlines::sift_down(std::uint32_t place) noexcept {
  const Entry entry = heap_[place];
  const auto size = static_cast<std::uint32_t>(heap_.size());
  for (std::uint32_t child = 2 * place + 1; child < size; child = 2 * place + 1) {
    if (child + 1 < size && heap_[child + 1].when_ns < heap_[child].when_ns)
      ++child;
    if (entry.when_ns <= heap_[child].when_ns)
      break;
    put(place, heap_[child]);
    place = child;
  }
  put(place, entry);
}

} // namespace mistify::detail
