// SPDX-License-Identifier: Apache-2.0
//
// make_image MIB LAYERS FILE: an image of fixed content, half of it random and half text, as
// `docker save` writes it. Nothing of it is in memory as a whole.
#include "archives.hpp"
#include "image/digest.hpp"

#include <charconv>
#include <cstdint>
#include <fstream>
#include <functional>
#include <iostream>
#include <random>
#include <stdexcept>

namespace {

using mdocker::image::Digest;
using mdocker::image::test::Tar;

constexpr std::uint64_t kBlock = std::uint64_t{1} << 20U;
constexpr std::uint64_t kTarBlock = 512;
using Write = std::function<void(std::string_view)>;

std::string random_block(std::mt19937_64 &numbers) {
  std::string block(kBlock, '\0');
  for (std::size_t at = 0; at < block.size(); at += sizeof(std::uint64_t)) {
    const std::uint64_t number = numbers();
    block.replace(at, sizeof number, reinterpret_cast<const char *>(&number), sizeof number);
  }
  return block;
}

std::string text_block(std::mt19937_64 &numbers) {
  std::string block;
  block.reserve(kBlock + 64);
  while (block.size() < kBlock)
    block += "usr/share/doc/" + std::to_string(numbers() % 10'000) + "/changelog: it was mended\n";
  block.resize(kBlock);
  return block;
}

std::string header(const std::string &name, std::uint64_t size) {
  return Tar().add({.name = name, .size = size}).open();
}

// A layer of one file.
void write_layer(unsigned seed, std::uint64_t blocks, const Write &write) {
  std::mt19937_64 numbers(seed);
  write(header("data/" + std::to_string(seed), blocks * kBlock));
  for (std::uint64_t i = 0; i < blocks; ++i)
    write(i % 2 == 0 ? random_block(numbers) : text_block(numbers));
  write(std::string(2 * kTarBlock, '\0'));
}

std::string digest_of_layer(unsigned seed, std::uint64_t blocks) {
  Digest digest(Digest::Algorithm::sha256);
  write_layer(seed, blocks, [&](std::string_view bytes) { digest.update(bytes); });
  return mdocker::image::hex(digest.finish());
}

void write_image(std::uint64_t mebibytes, unsigned layers, std::ostream &out) {
  std::string diffs;
  std::string files;
  const auto blocks_of = [&](unsigned layer) {
    return mebibytes / layers + (layer < mebibytes % layers ? 1 : 0);
  };
  for (unsigned layer = 0; layer < layers; ++layer) {
    const std::string digest = digest_of_layer(layer, blocks_of(layer));
    const char *const comma = layer == 0 ? "" : ",";
    diffs.append(comma).append(R"("sha256:)").append(digest).append("\"");
    files.append(comma).append("\"").append(digest).append(R"(/layer.tar")");
    const std::uint64_t size = (blocks_of(layer) * kBlock) + 3 * kTarBlock;
    out << header(digest + "/layer.tar", size);
    write_layer(layer, blocks_of(layer), [&](std::string_view bytes) { out << bytes; });
  }
  const std::string config = R"({"architecture":"amd64","os":"linux","config":{"Cmd":["/x"]},)"
                             R"("rootfs":{"type":"layers","diff_ids":[)" +
                             diffs + "]}}";
  const std::string name = mdocker::image::sha256_of(config).substr(7) + ".json";
  Tar rest;
  rest.file(name, config);
  rest.file("manifest.json", R"([{"Config":")" + name + R"(","RepoTags":["bench/image:1"],)" +
                                 R"("Layers":[)" + files + "]}]");
  out << rest.done();
}

unsigned number(const char *text) {
  unsigned value = 0;
  const std::string_view digits(text);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size() || value == 0)
    throw std::invalid_argument(std::string(text) + ": expected a whole number from 1");
  return value;
}

} // namespace

int main(int argc, char **argv) {
  try {
    if (argc != 4)
      throw std::invalid_argument("usage: make_image MIB LAYERS FILE");
    std::ofstream out(argv[3], std::ios::binary);
    write_image(number(argv[1]), number(argv[2]), out);
    if (!out.flush())
      throw std::runtime_error(std::string(argv[3]) + " cannot be written");
    return 0;
  } catch (const std::exception &error) {
    std::cerr << "make_image: " << error.what() << '\n';
    return 1;
  }
}
