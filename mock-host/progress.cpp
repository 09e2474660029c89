// SPDX-License-Identifier: Apache-2.0
#include "progress.hpp"

#include "json.hpp"
#include "log.hpp"

#include <algorithm>
#include <cstdio>

namespace mistify::mock_host {
namespace {

std::string text_of(const json::Members &members, std::string_view key) {
  const json::Value *value = json::find(members, key);
  return value != nullptr && value->kind == json::Kind::string ? json::text(*value) : std::string();
}

const json::Value *number_of(const json::Members &members, std::string_view key) {
  const json::Value *value = json::find(members, key);
  return value != nullptr && value->kind == json::Kind::number ? value : nullptr;
}

std::string mebibytes(std::uint64_t bytes) {
  constexpr double kMiB = 1024.0 * 1024.0;
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", static_cast<double>(bytes) / kMiB);
  return text;
}

// What is counted in bytes is shown in MiB, anything else as it was written.
std::string count_of(const json::Value &done, const json::Value *total, bool bytes) {
  const auto done_bytes = json::to_uint64(done);
  const auto total_bytes = total == nullptr ? std::nullopt : json::to_uint64(*total);
  if (!bytes || !done_bytes)
    return std::string(done.raw) + (total == nullptr ? "" : " of " + std::string(total->raw));
  return mebibytes(*done_bytes) + (total_bytes ? " of " + mebibytes(*total_bytes) : "") + " MiB";
}

std::optional<double> part_of(const json::Value &done, const json::Value *total) {
  const auto count = json::to_uint64(done);
  const auto all = total == nullptr ? std::nullopt : json::to_uint64(*total);
  if (!count || !all || *all == 0)
    return std::nullopt;
  return std::min(1.0, static_cast<double>(*count) / static_cast<double>(*all));
}

bool begins_character(char c) noexcept {
  return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
}

// One for each character: near enough for messages.
std::size_t columns_of(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

// Its first so many columns.
std::string cut(std::string text, std::size_t columns) {
  std::size_t end = 0;
  while (end < text.size() && (!begins_character(text[end]) || columns-- > 0))
    ++end;
  text.resize(end);
  return text;
}

std::string bar(double part, std::size_t width) {
  const auto full = static_cast<std::size_t>(part * static_cast<double>(width));
  std::string out(full, '=');
  if (full < width)
    out += '>';
  out.resize(width, ' ');
  return "[" + out + "]";
}

} // namespace

Progress read_progress(std::string_view json) {
  Progress progress;
  try {
    const json::Members members = json::members(json);
    const std::string phase = text_of(members, "phase");
    const std::string message = text_of(members, "message");
    progress.label = escaped(phase + (phase.empty() || message.empty() ? "" : ": ") + message);
    if (const json::Value *done = number_of(members, "done")) {
      const json::Value *total = number_of(members, "total");
      progress.count = count_of(*done, total, text_of(members, "unit") == "bytes");
      progress.part = part_of(*done, total);
    }
  } catch (const std::exception &) { // no JSON object
    progress = {};
  }
  if (progress.label.empty() && progress.count.empty())
    progress.label = escaped(json);
  return progress;
}

std::string progress_text(const Progress &progress) {
  if (progress.count.empty())
    return progress.label;
  return progress.label + (progress.label.empty() ? "(" : " (") + progress.count + ")";
}

std::string progress_bar(const Progress &progress, std::size_t columns) {
  constexpr std::size_t kShortest = 10;
  constexpr std::size_t kLongest = 40;
  if (!progress.part)
    return cut(progress_text(progress), columns);
  char percent[8];
  std::snprintf(percent, sizeof percent, " %3d%% ", static_cast<int>(*progress.part * 100));
  const std::string before = progress.label + (progress.label.empty() ? "" : " ");
  const std::string after = percent + progress.count;
  const std::size_t rest = columns_of(before) + after.size() + 2; // and its brackets
  if (rest + kShortest > columns)
    return cut(progress_text(progress), columns);
  return before + bar(*progress.part, std::min(kLongest, columns - rest)) + after;
}

} // namespace mistify::mock_host
