// SPDX-License-Identifier: Apache-2.0
//
// What one request costs the host before and after the plugin's work.
#include "json.hpp"
#include "mistify/jsonrpc.hpp"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace {

using namespace mistify;

constexpr std::string_view kRequestV1 =
    R"({"method": "MDocker.GetContainer", "params": [{"id": "guest-0123456789abcdef", "opts": {}}], "id": 42})";
constexpr std::string_view kRequestV2 =
    R"({"jsonrpc": "2.0", "method": "MDocker.GetContainer", "params": {"id": "guest-0123456789abcdef"}, "id": 42})";

const std::function<bool(std::string_view)> kKnown = [](std::string_view method) {
  return method == "MDocker.GetContainer";
};

/// A container as the engine describes it.
const std::string &inspect() {
  static const std::string text = [] {
    std::ifstream file(INSPECT_JSON, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }();
  return text;
}

jsonrpc::Exchange read(std::string_view request) {
  return {{"POST", "application/json"}, std::string(request), {}, kKnown};
}

void count_bytes(benchmark::State &state, std::size_t bytes) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
}

void read_request(benchmark::State &state, std::string_view request) {
  if (read(request).calls().size() != 1)
    return state.SkipWithError("the request was refused");
  while (state.KeepRunning()) {
    const jsonrpc::Exchange exchange = read(request);
    benchmark::DoNotOptimize(exchange.calls().data());
  }
  count_bytes(state, request.size());
}
BENCHMARK_CAPTURE(read_request, v1, kRequestV1);
BENCHMARK_CAPTURE(read_request, v2, kRequestV2);

void whole_exchange(benchmark::State &state, std::string_view request, const std::string &result) {
  while (state.KeepRunning()) {
    jsonrpc::Exchange exchange = read(request);
    exchange.answer(0, {result, std::nullopt});
    const jsonrpc::Reply reply = std::move(exchange).reply();
    benchmark::DoNotOptimize(reply.body.data());
  }
  count_bytes(state, request.size() + result.size());
}
BENCHMARK_CAPTURE(whole_exchange, v1_small, kRequestV1, R"({"containers":[]})");
BENCHMARK_CAPTURE(whole_exchange, v2_small, kRequestV2, R"({"containers":[]})");
BENCHMARK_CAPTURE(whole_exchange, v1_inspect, kRequestV1, R"({"containers":[)" + inspect() + "]}");

void refused_request(benchmark::State &state) {
  while (state.KeepRunning()) {
    const jsonrpc::Reply reply = read(R"({"method": "MDocker.Nope", "id": 42})").reply();
    benchmark::DoNotOptimize(reply.body.data());
  }
}
BENCHMARK(refused_request);

void batch_of_64(benchmark::State &state) {
  std::string batch = "[";
  for (int i = 0; i < 64; ++i)
    batch.append(i == 0 ? "" : ",").append(kRequestV2);
  batch += "]";
  while (state.KeepRunning()) {
    const jsonrpc::Exchange exchange = read(batch);
    benchmark::DoNotOptimize(exchange.calls().data());
  }
  count_bytes(state, batch.size());
}
BENCHMARK(batch_of_64);

void check_inspect(benchmark::State &state) {
  while (state.KeepRunning())
    benchmark::DoNotOptimize(json::parse(inspect()).raw.data());
  count_bytes(state, inspect().size());
}
BENCHMARK(check_inspect);

void members_of_inspect(benchmark::State &state) {
  while (state.KeepRunning())
    benchmark::DoNotOptimize(json::members(inspect()).data());
  count_bytes(state, inspect().size());
}
BENCHMARK(members_of_inspect);

} // namespace
