// SPDX-License-Identifier: Apache-2.0
#include "checks.hpp"
#include "footprint.hpp"

#include <thread>

namespace mistify::mock_host::validation {
namespace {

constexpr int kCycles = 100;
constexpr int kLivesBefore = 10; // what libraries below set up once is set up by then
constexpr int kLives = 30;
constexpr std::size_t kMemoryOfALife = 1024; // bytes; the C library's own tables may grow

/// All of a life, with calls in it that are cut short at its end.
void live(Subject &subject) {
  subject.begin();
  subject.call_all();
  subject.quiesce();
  subject.cancel_open_calls();
  subject.stop();
  subject.destroy();
}

void live_and_unload(const Context &context) {
  Subject subject(context);
  live(subject);
  subject.unload();
}

/// The kernel takes a moment for a thread that was joined.
template <class Condition> bool comes_true(milliseconds patience, Condition condition) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= until)
      return false;
    std::this_thread::sleep_for(milliseconds(1));
  }
  return true;
}

void begin_calls_and_quiesce(Subject &subject) {
  subject.begin();
  subject.call_all(kNoDeadline);
  subject.quiesce();
  if (subject.cancel_open_calls() == 0)
    throw NotApplicable("no call was open");
}

} // namespace

void check_life(const Context &context) {
  Subject subject(context);
  subject.begin();
  subject.end();
}

void check_quiesce(const Context &context) {
  Subject subject(context);
  begin_calls_and_quiesce(subject);
  context.tell.doing("answers to calls that were cancelled after quiesce");
  if (!subject.host().all_ended(context.patience))
    throw Finding("not ended after quiesce, though it was cancelled: " +
                  subject.host().open_calls().front());
}

void check_stop(const Context &context) {
  Subject subject(context);
  begin_calls_and_quiesce(subject);
  subject.stop();
  for (const std::string &open : subject.host().open_calls())
    context.tell.finding("not ended when stop had succeeded: " + open);
}

void check_second_life(const Context &context) {
  Subject subject(context);
  live(subject);
  subject.new_host();
  live(subject);
}

void check_unload(const Context &context) {
  live_and_unload(context);
  if (is_mapped(context.file))
    throw Finding("is mapped still when it was unloaded");
}

void check_threads(const Context &context) {
  const std::size_t before = threads();
  live_and_unload(context);
  context.tell.doing("the end of threads");
  if (!comes_true(context.patience, [before] { return threads() <= before; }))
    throw Finding("has left " + std::to_string(threads() - before) + " threads");
}

void check_descriptors(const Context &context) {
  const std::map<int, std::string> before = descriptors();
  live_and_unload(context);
  for (const auto &[number, target] : descriptors()) {
    const auto was = before.find(number);
    if (was == before.end() || was->second != target)
      context.tell.finding("has left a descriptor: " + target);
  }
}

void check_memory(const Context &context) {
  for (int i = 0; i < kLivesBefore; ++i)
    live_and_unload(context);
  const std::size_t before = allocated_bytes();
  for (int i = 0; i < kLives; ++i)
    live_and_unload(context);
  const std::size_t after = allocated_bytes();
  if (after > before + kLives * kMemoryOfALife)
    throw Finding("has left " + std::to_string((after - before) / kLives) + " bytes in each of " +
                  std::to_string(kLives) + " lives");
}

void check_cycles(const Context &context) {
  for (int i = 0; i < kCycles; ++i) {
    Subject subject(context);
    subject.begin();
    subject.end();
    subject.unload();
  }
}

} // namespace mistify::mock_host::validation
