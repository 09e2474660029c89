// SPDX-License-Identifier: Apache-2.0
#include "decoder.hpp"

#include <algorithm>
#include <limits>

#include <bzlib.h>

namespace mdocker::image {
namespace {

class Bzip2 final : public Decoder {
public:
  explicit Bzip2(Source &in) : Decoder(in, "bzip2") {}
  ~Bzip2() override { close(); }

private:
  std::size_t decode(char *out, std::size_t room) override {
    const std::string_view in = pending();
    if (in.empty()) {
      if (open_)
        cut_short();
      finish();
      return 0;
    }
    open();
    const auto size = static_cast<unsigned>(
        std::min<std::size_t>(in.size(), std::numeric_limits<unsigned>::max()));
    stream_.next_in = const_cast<char *>(in.data()); // the library's type for what it only reads
    stream_.avail_in = size;
    stream_.next_out = out;
    stream_.avail_out = static_cast<unsigned>(room);
    const int result = BZ2_bzDecompress(&stream_);
    taken(size - stream_.avail_in);
    const std::size_t written = room - stream_.avail_out;
    switch (result) {
    case BZ_OK:
      break;
    case BZ_STREAM_END:
      close();
      ++streams_;
      break;
    case BZ_MEM_ERROR:
      no_decoder();
    case BZ_DATA_ERROR_MAGIC:
      if (streams_ != 0)
        something_follows();
      [[fallthrough]];
    default:
      damaged("its check fails");
    }
    return written;
  }

  void open() {
    if (open_)
      return;
    stream_ = {};
    if (BZ2_bzDecompressInit(&stream_, 0, 0) != BZ_OK)
      no_decoder();
    open_ = true;
  }
  void close() noexcept {
    if (open_)
      BZ2_bzDecompressEnd(&stream_);
    open_ = false;
  }

  bz_stream stream_{};
  bool open_ = false;
  std::size_t streams_ = 0;
};

} // namespace

std::unique_ptr<Source> bzip2(Source &in) {
  return std::make_unique<Bzip2>(in);
}

} // namespace mdocker::image
