// SPDX-License-Identifier: Apache-2.0
//
// What an image costs on its way through: 200 MB of it, plain and compressed.
#include "archives.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

using namespace mdocker::image;

constexpr std::size_t kLayer = std::size_t{20} << 20U;
constexpr std::size_t kLayers = 10;
constexpr std::size_t kBlock = std::size_t{64} << 10U;

// A layer of text that compresses to a third or so.
std::string layer_of(unsigned seed) {
  std::string layer;
  layer.reserve(kLayer);
  for (std::uint64_t i = seed; layer.size() < kLayer; ++i)
    layer += std::to_string(i * 6'364'136'223'846'793'005U) + " usr/lib/file\n";
  layer.resize(kLayer);
  return layer;
}

const std::string &archive(test::Codec codec) {
  static std::string plain;
  static std::string packed;
  static test::Codec last = test::Codec::none;
  if (plain.empty()) {
    const std::string hash(64, 'a');
    test::Tar tar;
    for (unsigned i = 0; i < kLayers; ++i)
      tar.file(std::string(63, 'b') + std::to_string(i) + "/layer.tar", layer_of(i));
    tar.file(hash + "/json", "{}").file(hash + "/layer.tar", "x");
    plain = tar.file("repositories", R"({"a":{"b":")" + hash + "\"}}").done();
  }
  if (codec == test::Codec::none)
    return plain;
  if (last != codec)
    packed = test::compressed(codec, plain);
  last = codec;
  return packed;
}

struct Lend final : Source {
  std::string_view rest;
  std::string_view read() override {
    const std::string_view bytes = rest.substr(0, kBlock);
    rest.remove_prefix(bytes.size());
    return bytes;
  }
};
struct Count final : Sink {
  std::size_t size = 0;
  void write(std::string_view bytes) override { size += bytes.size(); }
};

void rewrite_image(benchmark::State &state, test::Codec codec) {
  const std::string &in = archive(codec);
  Options options;
  options.id = test::kId;
  std::size_t out = 0;
  while (state.KeepRunning()) {
    Lend source;
    source.rest = in;
    Count sink;
    rewrite(source, sink, options);
    out += sink.size;
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(out));
}
BENCHMARK_CAPTURE(rewrite_image, plain, test::Codec::none)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(rewrite_image, gzip, test::Codec::gzip)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(rewrite_image, zstd, test::Codec::zstd)->Unit(benchmark::kMillisecond);

// What it is measured against.
void copy_image(benchmark::State &state) {
  const std::string &in = archive(test::Codec::none);
  std::string to(kBlock, '\0');
  while (state.KeepRunning())
    for (std::string_view rest = in; !rest.empty();) {
      const std::string_view block = rest.substr(0, kBlock);
      std::copy(block.begin(), block.end(), to.begin());
      benchmark::DoNotOptimize(to.data());
      rest.remove_prefix(block.size());
    }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(in.size()));
}
BENCHMARK(copy_image)->Unit(benchmark::kMillisecond);

} // namespace
