// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as an archive: rewrite() either refuses them and lets no end marker out, or makes a tar
// that names one image, ours, and that it would make again out of itself. The first byte says in
// what blocks they come. Built for libFuzzer, or with a main() of its own that runs files.
#include "error.hpp"
#include "image/rewrite.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace {

using namespace mdocker;

constexpr std::string_view kId = "0123abcd-4567-489a-8bcd-ef0123456789";
constexpr std::size_t kBlock = 512;
constexpr std::size_t kMostOut = std::size_t{16} << 20U; // a bomb is nothing new

struct Full {};

class Blocks final : public image::Source {
public:
  Blocks(std::string_view bytes, std::size_t block) : rest_(bytes), block_(block) {}
  std::string_view read() override {
    const std::string_view bytes = rest_.substr(0, block_);
    // A copy of its own, so that what is read after the next call is found out.
    lent_ = std::make_unique<char[]>(bytes.size() + 1);
    std::memcpy(lent_.get(), bytes.data(), bytes.size());
    rest_.remove_prefix(bytes.size());
    return {lent_.get(), bytes.size()};
  }

private:
  std::string_view rest_;
  std::size_t block_;
  std::unique_ptr<char[]> lent_;
};

class Collect final : public image::Sink {
public:
  std::string out;
  void write(std::string_view bytes) override {
    if (out.size() + bytes.size() > kMostOut)
      throw Full();
    out += bytes;
  }
};

struct Done {
  bool good = false;
  bool full = false;
  std::string out;
  std::string why;
};

Done run(std::string_view bytes, std::size_t block) {
  Blocks source(bytes, block);
  Collect sink;
  image::Options options;
  options.id = kId;
  Done done;
  try {
    image::rewrite(source, sink, options);
    done.good = true;
  } catch (const Error &error) {
    done.why = error.what();
    if (error.kind() != Kind::invalid || error.phase().empty())
      std::abort();
  } catch (const Full &) {
    done.full = true;
  }
  done.out = std::move(sink.out);
  return done;
}

void require(bool good, const char *what, const Done &done) {
  if (good)
    return;
  std::fprintf(stderr, "%s; %s\n", what, done.why.c_str());
  std::abort();
}

bool is_zero(std::string_view bytes) {
  return bytes.find_first_not_of('\0') == std::string_view::npos;
}

bool has_end_marker(std::string_view tar) {
  for (std::size_t at = 0; at + kBlock <= tar.size();) {
    const std::string_view header = tar.substr(at, kBlock);
    if (is_zero(header))
      return true;
    const std::string size(header.substr(124, 12));
    if ((static_cast<unsigned char>(size[0]) & 0x80U) != 0)
      return false; // beyond what is looked at here
    at += kBlock + (std::strtoull(size.c_str(), nullptr, 8) + kBlock - 1) / kBlock * kBlock;
  }
  return false;
}

} // namespace

#ifdef MDOCKER_LIBFUZZER
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t *data, std::size_t size, std::size_t most);

namespace {

// The header's sum of its own bytes, as a tar has it.
void mend_header(std::uint8_t *header) {
  constexpr std::size_t kSum = 148;
  std::memset(header + kSum, ' ', 8);
  unsigned sum = 0;
  for (std::size_t i = 0; i < kBlock; ++i)
    sum += header[i];
  for (std::size_t digit = 6; digit-- > 0; sum >>= 3U)
    header[kSum + digit] = static_cast<std::uint8_t>('0' + (sum & 7U));
  header[kSum + 6] = 0;
}

} // namespace

// Most changes spoil a header's sum, and nothing behind it is seen any more: so these are mended.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t *data, std::size_t size,
                                               std::size_t most, unsigned seed) {
  constexpr std::size_t kOctal = 12;
  size = LLVMFuzzerMutate(data, size, most);
  if (seed % 8 == 0)
    return size;
  for (std::size_t at = 1; at + kBlock <= size;) {
    std::uint8_t *header = data + at;
    if (is_zero({reinterpret_cast<const char *>(header), kBlock}))
      break;
    if (std::memcmp(header + 257, "ustar", 5) == 0)
      mend_header(header);
    const std::string length(reinterpret_cast<const char *>(header) + 124, kOctal);
    const std::uint64_t content = std::strtoull(length.c_str(), nullptr, 8);
    if (content > size)
      break;
    at += kBlock + (content + kBlock - 1) / kBlock * kBlock;
  }
  return size;
}
#endif

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  constexpr std::array<std::size_t, 5> kBlocks{65'536, 1, 511, 4'096, 1'000'000};
  if (size == 0)
    return 0;
  const std::string_view bytes(reinterpret_cast<const char *>(data) + 1, size - 1);
  const Done done = run(bytes, kBlocks[data[0] % kBlocks.size()]);
  if (!done.good) {
    require(!has_end_marker(done.out), "refused, and an end marker came out", done);
    return 0;
  }
  require(done.out.size() >= 2 * kBlock &&
              is_zero(std::string_view(done.out).substr(done.out.size() - 2 * kBlock)),
          "good, and no end marker", done);
  const Done again = run(done.out, 1'000'000);
  require(again.good, "what came out is refused", again);
  require(again.out == done.out, "what came out is not stable", again);
  return 0;
}
