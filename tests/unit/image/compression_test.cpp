// SPDX-License-Identifier: Apache-2.0
#include "archives.hpp"

#include <lzma.h>
#include <zstd.h>

#include <array>

namespace mdocker::image::test {
namespace {

constexpr std::size_t kLongestMagic = 11;

std::string plain() {
  std::string layer;
  for (unsigned i = 0; layer.size() < 30'000; ++i)
    layer += std::to_string(i * 7'919);
  Tar tar;
  tar.file(kHash + "/json", "{}").file(kHash + "/layer.tar", layer);
  return tar.file("repositories", R"({"a":{"b":")" + kHash + "\"}}").done();
}

class Compression : public testing::TestWithParam<Codec> {
protected:
  // Each byte at the begin and the end.
  [[nodiscard]] std::size_t step(std::size_t at) const {
    return at < 30 || at + 100 > whole_.size() ? 1 : 61;
  }
  const std::string whole_ = compressed(GetParam(), plain());
};

TEST_P(Compression, IsFoundByContent) {
  const Outcome expected = run(plain());
  for (const std::size_t block : {std::size_t{1}, std::size_t{7}, std::size_t{100'000}}) {
    const Outcome outcome = run(whole_, block);
    ASSERT_TRUE(outcome.result) << outcome.why();
    EXPECT_EQ(outcome.out, expected.out);
  }
}
TEST_P(Compression, OfSeveralPartsIsOneFile) {
  const std::string in = plain();
  const Outcome outcome =
      run(compressed(GetParam(), in.substr(0, 10'000)) + compressed(GetParam(), in.substr(10'000)));
  ASSERT_TRUE(outcome.result) << outcome.why();
  EXPECT_EQ(outcome.out, run(in).out);
}
TEST_P(Compression, ThatIsCutShortAnywhereIsRefused) {
  for (std::size_t size = kLongestMagic; size < whole_.size(); size += step(size))
    expect_refused(run(whole_.substr(0, size)), "decompress", "");
}
TEST_P(Compression, FollowedBySomethingElseIsRefused) {
  for (const std::string tail : {"x", "garbage that is long enough to be looked at"})
    expect_refused(run(whole_ + tail), "decompress", "");
}
TEST_P(Compression, WithAnyByteChangedIsRefusedOrTheSame) {
  const Outcome good = run(whole_);
  for (std::size_t at = 0; at < whole_.size(); at += step(at)) {
    std::string in = whole_;
    in[at] = static_cast<char>(in[at] ^ 0x10);
    const Outcome outcome = run(in); // some bytes mean nothing: a time, a name
    if (outcome.error)
      EXPECT_FALSE(has_end_marker(outcome.out)) << at;
    else
      EXPECT_TRUE(outcome.out == good.out) << at;
  }
}
INSTANTIATE_TEST_SUITE_P(Table, Compression,
                         testing::Values(Codec::gzip, Codec::zstd, Codec::xz, Codec::bzip2));

TEST(Gzip, WithAWrongChecksumOrLengthIsRefused) {
  const std::string whole = compressed(Codec::gzip, plain());
  std::string crc = whole;
  crc[whole.size() - 8] = static_cast<char>(crc[whole.size() - 8] ^ 1);
  expect_refused(run(crc), "decompress", "incorrect data check");
  std::string length = whole;
  length[whole.size() - 1] = static_cast<char>(length[whole.size() - 1] ^ 1);
  expect_refused(run(length), "decompress", "incorrect length check");
  // Of a member that is not the last one too.
  expect_refused(run(crc + compressed(Codec::gzip, "x")), "decompress", "incorrect data check");
  expect_refused(run(whole + std::string(4, '\0')), "decompress",
                 "something else follows the gzip data");
}

std::string zstd_of(std::string_view text, int window_log) {
  ZSTD_CCtx *context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log);
  std::string out(ZSTD_compressBound(text.size()), '\0');
  ZSTD_outBuffer to{out.data(), out.size(), 0};
  ZSTD_inBuffer from{text.data(), text.size() / 2, 0};
  ZSTD_compressStream2(context, &to, &from, ZSTD_e_flush); // so that the size is not known
  from.size = text.size();
  ZSTD_compressStream2(context, &to, &from, ZSTD_e_end);
  ZSTD_freeCCtx(context);
  out.resize(to.pos);
  return out;
}

TEST(Zstd, AWindowAboveTheLimitIsRefused) {
  EXPECT_TRUE(run(zstd_of(plain(), 27)).result);
  expect_refused(run(zstd_of(plain(), 28)), "decompress", "zstd data needs a window above 128 MiB");
}

TEST(Zstd, AFrameToSkipMayStandFirst) {
  EXPECT_TRUE(
      run(std::string("\x53\x2A\x4D\x18\x02\0\0\0ab", 10) + compressed(Codec::zstd, plain()))
          .result);
}

// With the header of a dictionary of that size; the encoder gets a small one.
std::string xz_of(std::string_view text, std::uint32_t dictionary) {
  lzma_options_lzma options;
  lzma_lzma_preset(&options, 0);
  options.dict_size = dictionary;
  options.mf = LZMA_MF_HC3;
  options.depth = 1;
  const std::array<lzma_filter, 2> filters{
      {{LZMA_FILTER_LZMA2, &options}, {LZMA_VLI_UNKNOWN, nullptr}}};
  std::string out(text.size() + 1'000, '\0');
  std::size_t size = 0;
  const lzma_ret result = lzma_stream_buffer_encode(
      const_cast<lzma_filter *>(filters.data()), LZMA_CHECK_CRC64, nullptr,
      reinterpret_cast<const std::uint8_t *>(text.data()), text.size(),
      reinterpret_cast<std::uint8_t *>(out.data()), &size, out.size());
  EXPECT_EQ(result, LZMA_OK);
  out.resize(size);
  return out;
}

TEST(Xz, AWindowAboveTheLimitIsRefused) {
  constexpr std::uint32_t kMiB = 1U << 20U;
  EXPECT_TRUE(run(xz_of(plain(), 128 * kMiB)).result);
  expect_refused(run(xz_of(plain(), 192 * kMiB)), "decompress", "xz data needs a window above 128");
}

TEST(Decompression, OfOneLayerOnly) {
  expect_refused(run(compressed(Codec::gzip, compressed(Codec::gzip, plain()))), "unpack",
                 "the file is no archive");
}

TEST(Decompression, ATarWhoseFirstNameLooksLikeAMagicIsATar) {
  Tar tar;
  tar.file("BZh9", "").file(kHash + "/json", "{}").file(kHash + "/layer.tar", "x");
  tar.file("repositories", R"({"a":{"b":")" + kHash + "\"}}");
  EXPECT_TRUE(run(tar.done()).result);
}

} // namespace
} // namespace mdocker::image::test
