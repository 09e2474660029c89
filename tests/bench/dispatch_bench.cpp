// SPDX-License-Identifier: Apache-2.0
//
// What one call through the C ABI costs, into a plugin that answers at once.
#include "mistify/host.hpp"

#include <benchmark/benchmark.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace {

using namespace mistify;

constexpr std::string_view kEcho = "ExampleCpp.Echo";

void dispatch(benchmark::State &state, std::optional<std::chrono::nanoseconds> deadline) {
  Host host({.config = [](std::string_view) { return std::string("{}"); }});
  host.load(EXAMPLE_PLUGIN);
  const CallRequest request{
      .method = kEcho, .params_json = R"({"id":"guest-0123456789abcdef"})", .deadline = deadline};
  std::size_t answers = 0;
  while (state.KeepRunning())
    host.dispatch(request, [&](const Answer &answer) { answers += answer.error ? 0U : 1U; });
  if (answers != static_cast<std::size_t>(state.iterations()))
    state.SkipWithError("a call was not answered at once");
}
BENCHMARK_CAPTURE(dispatch, without_deadline, std::nullopt);
BENCHMARK_CAPTURE(dispatch, with_deadline, std::chrono::seconds(30));

} // namespace
