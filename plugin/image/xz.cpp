// SPDX-License-Identifier: Apache-2.0
#include "decoder.hpp"

#include <cstdint>

#include <lzma.h>

namespace mdocker::image {
namespace {

// The decoder's own needs beside the window.
constexpr std::uint64_t kBeside = std::uint64_t{1} << 20U;

class Xz final : public Decoder {
public:
  explicit Xz(Source &in) : Decoder(in, "xz") {
    if (lzma_stream_decoder(&stream_, kWindow + kBeside, LZMA_CONCATENATED) != LZMA_OK)
      no_decoder();
  }
  ~Xz() override { lzma_end(&stream_); }

private:
  std::size_t decode(char *out, std::size_t room) override {
    const std::string_view in = pending();
    stream_.next_in = reinterpret_cast<const std::uint8_t *>(in.data());
    stream_.avail_in = in.size();
    stream_.next_out = reinterpret_cast<std::uint8_t *>(out);
    stream_.avail_out = room;
    const lzma_ret result = lzma_code(&stream_, in.empty() ? LZMA_FINISH : LZMA_RUN);
    taken(in.size() - stream_.avail_in);
    switch (result) {
    case LZMA_OK:
      break;
    case LZMA_STREAM_END:
      finish();
      break;
    case LZMA_BUF_ERROR: // no progress, twice: nothing to read is an error, no room is none
      if (in.empty() && stream_.avail_out != 0)
        cut_short();
      break;
    case LZMA_MEMLIMIT_ERROR:
      window_too_large();
    case LZMA_MEM_ERROR:
      no_decoder();
    case LZMA_OPTIONS_ERROR:
      damaged("its header is not understood");
    default: // the library has one word for both
      damaged("a check fails, or something else follows it");
    }
    return room - stream_.avail_out;
  }

  lzma_stream stream_ = LZMA_STREAM_INIT;
};

} // namespace

std::unique_ptr<Source> xz(Source &in) {
  return std::make_unique<Xz>(in);
}

} // namespace mdocker::image
