// SPDX-License-Identifier: Apache-2.0
#include "version.hpp"

#include "../error.hpp"

#include <charconv>
#include <optional>
#include <utility>

namespace mdocker::engine {
namespace {

using Version = std::pair<unsigned, unsigned>;

std::optional<Version> read(std::string_view text) {
  Version version;
  const char *end = text.data() + text.size();
  const auto major = std::from_chars(text.data(), end, version.first);
  if (major.ec != std::errc() || major.ptr == end || *major.ptr != '.')
    return std::nullopt;
  const auto minor = std::from_chars(major.ptr + 1, end, version.second);
  if (minor.ec != std::errc() || minor.ptr != end)
    return std::nullopt;
  return version;
}

std::string text_of(const Version &version) {
  return std::to_string(version.first) + "." + std::to_string(version.second);
}

} // namespace

std::string choose_version(std::string_view newest, std::string_view oldest,
                           std::string_view engine) {
  const auto theirs = read(newest);
  if (!theirs)
    throw Error(Kind::engine, "what answers at " + std::string(engine) +
                                  " names no API version: is it a Docker Engine?")
        .in_phase("negotiate");
  const auto their_oldest = read(oldest);
  if (*theirs < *read(kOldestApi) || (their_oldest && *their_oldest > *read(kNewestApi)))
    throw Error(Kind::engine, "the engine at " + std::string(engine) + " speaks API " +
                                  text_of(their_oldest.value_or(*theirs)) + " to " +
                                  text_of(*theirs) + ", and this plugin " +
                                  std::string(kOldestApi) + " to " + std::string(kNewestApi))
        .in_phase("negotiate");
  return *theirs < *read(kNewestApi) ? text_of(*theirs) : std::string(kNewestApi);
}

} // namespace mdocker::engine
